using Akka.Event;
using KataActors.Hypervisor;
using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>Ends and removes what a killed daemon has left of its factory: VMs that no sandbox owns, and half-made templates.</summary>
internal static class FactorySweep
{
    /// <returns>The VMs that were ended; they may have left cgroups as well.</returns>
    public static async Task<IReadOnlyList<Guid>> RunAsync(FactoryDirectory directory, TemplateFiles template, ILoggingAdapter log)
    {
        var left = directory.Left();
        foreach (var uuid in left)
        {
            log.Info("the VM {0}, left by an earlier daemon in the factory, is ended", uuid);
            try
            {
                await directory.ReapAsync(uuid).ConfigureAwait(false);
            }
            catch (Exception e) when (e is TimeoutException or IOException or UnauthorizedAccessException or LinuxException)
            {
                log.Error("the VM {0} is left to the next daemon: {1}", uuid, e.Message);
            }
        }

        foreach (var uuid in template.Unfinished())
        {
            log.Info("the half-made template {0} of an earlier daemon is removed", uuid);
            await VmmFinder.EndAsync(uuid).ConfigureAwait(false);
            template.Abandon(uuid);
        }

        return left;
    }
}
