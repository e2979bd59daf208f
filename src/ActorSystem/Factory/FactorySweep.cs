using Akka.Event;

namespace KataActors.Runtime.Factory;

/// <summary>Ends and removes what a killed daemon has left of its factory: VMs that no sandbox owns, and half-made templates.</summary>
internal static class FactorySweep
{
    public static async Task RunAsync(FactoryDirectory directory, TemplateFiles template, ILoggingAdapter log)
    {
        foreach (var uuid in directory.Left())
        {
            log.Info("the VM {0}, left by an earlier daemon in the factory, is ended", uuid);
            await directory.ReapAsync(uuid).ConfigureAwait(false);
        }

        foreach (var uuid in template.Unfinished())
        {
            log.Info("the half-made template {0} of an earlier daemon is removed", uuid);
            await FactoryDirectory.EndVmmAsync(uuid).ConfigureAwait(false);
            template.Abandon(uuid);
        }
    }
}
