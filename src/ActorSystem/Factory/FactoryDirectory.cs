using System.Globalization;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Runtime.Teardown;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The run directories of the VMs that no sandbox owns, each named by the VM's uuid. Whatever is here when a daemon starts was left by one that
/// was killed.
/// </summary>
/// <param name="Path">Where they are.</param>
/// <param name="QemuPath">The program that runs the VMs.</param>
internal sealed record FactoryDirectory(string Path, string QemuPath)
{
    /// <summary>
    /// Where the cgroups of the pool are: at the root, so that their weight counts against all that runs there, and not only against sandboxes.
    /// </summary>
    public static CgroupPlacement Cgroups { get; } = new("", "", SandboxOnly: false);

    /// <summary>The name of a pool VM's cgroup.</summary>
    public static string CgroupOf(Guid uuid) => $"kata-pool-{uuid:N}";

    /// <summary>The identity of a new VM.</summary>
    /// <param name="name">QEMU's name.</param>
    public VmIdentity NewVm(string name)
    {
        var uuid = Guid.NewGuid();
        return new VmIdentity(name, uuid, Of(uuid));
    }

    /// <summary>The run directory of a VM.</summary>
    public string Of(Guid uuid) => System.IO.Path.Combine(Path, uuid.ToString("N", CultureInfo.InvariantCulture));

    /// <summary>The VMs whose directories are there.</summary>
    public IReadOnlyList<Guid> Left() => !KernelFiles.Exists(Path)
        ? []
        : [.. Directory.EnumerateDirectories(Path)
            .Select(directory => Guid.TryParseExact(System.IO.Path.GetFileName(directory), "N", out var uuid) ? uuid : Guid.Empty)
            .Where(uuid => uuid != Guid.Empty)];

    /// <summary>What there may be of a VM: its QEMU, and its run directory.</summary>
    public VmRemains RemainsOf(Guid uuid) => new(uuid, QemuPath, [Of(uuid)]);

    /// <summary>Removes a directory, if it is there.</summary>
    public static void Remove(string directory) => FolderTree.Remove(directory);
}
