namespace KataActors.Runtime.Factory.Core;

/// <summary>A VM without actor and sandbox, and its possible remains beside QEMU.</summary>
/// <param name="Vm">QEMU's uuid.</param>
/// <param name="HasRunDirectory">Whether it may have a run directory and cgroups.</param>
/// <param name="HasTemplateFolder">Whether it may have the folder of an unfinished template.</param>
/// <param name="IsOfEarlierDaemon">Whether it was found at the start. It is left alone when its record is gone: a sandbox has taken it over
/// meanwhile.</param>
internal sealed record Orphan(Guid Vm, bool HasRunDirectory, bool HasTemplateFolder, bool IsOfEarlierDaemon)
{
    /// <summary>A pool VM of this daemon.</summary>
    public static Orphan OfPool(Guid vm) => new(vm, HasRunDirectory: true, HasTemplateFolder: false, IsOfEarlierDaemon: false);

    /// <summary>All VMs of a look at the host, except the known ones.</summary>
    public static IEnumerable<Orphan> In(HostLook look, FactoryState state) => look.RunDirectories.Union(look.HalfMadeTemplates)
        .Where(vm => state.Find(vm) is null)
        .Select(vm => new Orphan(vm, look.RunDirectories.Contains(vm), look.HalfMadeTemplates.Contains(vm), IsOfEarlierDaemon: true));
}
