namespace KataActors.Runtime.Factory.Core;

/// <summary>A VM that has neither an actor nor a sandbox any more, and what there may be of it beside QEMU.</summary>
/// <param name="Vm">QEMU's uuid.</param>
/// <param name="HasRunDirectory">A run directory, and cgroups: a VM of the pool.</param>
/// <param name="HasTemplateFolder">The folder of a template in the making.</param>
/// <param name="IsOfEarlierDaemon">It was found at the start. It is left alone when its record is gone: a sandbox has taken it meanwhile.</param>
internal sealed record Orphan(Guid Vm, bool HasRunDirectory, bool HasTemplateFolder, bool IsOfEarlierDaemon)
{
    /// <summary>A VM of the pool of this daemon.</summary>
    public static Orphan OfPool(Guid vm) => new(vm, HasRunDirectory: true, HasTemplateFolder: false, IsOfEarlierDaemon: false);

    /// <summary>All that a look at the host has found, but for the VMs that are known.</summary>
    public static IEnumerable<Orphan> In(HostLook look, FactoryState state) => look.RunDirectories.Union(look.HalfMadeTemplates)
        .Where(vm => state.Find(vm) is null)
        .Select(vm => new Orphan(vm, look.RunDirectories.Contains(vm), look.HalfMadeTemplates.Contains(vm), IsOfEarlierDaemon: true));
}
