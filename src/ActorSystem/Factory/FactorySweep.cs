using Akka.Event;
using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>Finds what a killed daemon has left of its factory, VMs that no sandbox owns, and removes its half-made templates.</summary>
internal static class FactorySweep
{
    /// <returns>The VMs that are to be ended.</returns>
    public static async Task<IReadOnlyList<Guid>> RunAsync(FactoryDirectory directory, TemplateFiles template, ILoggingAdapter log)
    {
        foreach (var uuid in template.Unfinished())
        {
            log.Info("the half-made template {0} of an earlier daemon is removed", uuid);
            try
            {
                await directory.EndVmmAsync(uuid).ConfigureAwait(false);
                template.Abandon(uuid);
            }
            catch (Exception e) when (e is TimeoutException or IOException or UnauthorizedAccessException or LinuxException)
            {
                log.Error("the half-made template {0} is left to the next daemon: {1}", uuid, e.Message);
            }
        }

        var left = directory.Left();
        foreach (var uuid in left)
        {
            log.Info("the VM {0}, left by an earlier daemon in the factory, is ended", uuid);
        }

        return left;
    }
}
