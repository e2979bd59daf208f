using System.Globalization;
using KataActors.Linux;
using KataActors.Runtime.Teardown;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The run directories of VMs without a sandbox, each named by the VM's uuid. At the start of a daemon they are the remains of a killed one.
/// </summary>
/// <param name="Path">The parent of the run directories.</param>
/// <param name="QemuPath">The QEMU program.</param>
internal sealed record FactoryDirectory(string Path, string QemuPath)
{
    /// <summary>
    /// The placement of the pool cgroups: at the root, so that their weight counts against all of the host, not only against sandboxes.
    /// </summary>
    public static CgroupPlacement Cgroups { get; } = new("", "", SandboxOnly: false);

    /// <summary>The name of a VM's pool cgroup.</summary>
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

    /// <summary>The VMs with a run directory.</summary>
    public IReadOnlyList<Guid> Left() => !KernelFiles.Exists(Path)
        ? []
        : [.. Directory.EnumerateDirectories(Path)
            .Select(directory => Guid.TryParseExact(System.IO.Path.GetFileName(directory), "N", out var uuid) ? uuid : Guid.Empty)
            .Where(uuid => uuid != Guid.Empty)];

    /// <summary>The possible remains of a VM: its QEMU, and its run directory.</summary>
    public VmRemains RemainsOf(Guid uuid) => new(uuid, QemuPath, [Of(uuid)]);

    /// <summary>Removes a directory, if present.</summary>
    public static void Remove(string directory) => FolderTree.Remove(directory);
}
