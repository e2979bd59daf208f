using System.Globalization;
using KataActors.Hypervisor;
using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The run directories of the VMs that no sandbox owns, each named by the VM's uuid. Whatever is here when a daemon starts was left by one that
/// was killed.
/// </summary>
internal sealed record FactoryDirectory(string Path)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    /// <summary>The name of a pool VM's cgroup; no sandbox has such a one, since its first character is none of an id.</summary>
    public static string CgroupOf(Guid uuid) => $"@pool-{uuid:N}";

    /// <summary>The identity of a new VM.</summary>
    /// <param name="name">QEMU's name.</param>
    public VmIdentity NewVm(string name)
    {
        var uuid = Guid.NewGuid();
        return new VmIdentity(name, uuid, System.IO.Path.Combine(Path, uuid.ToString("N", CultureInfo.InvariantCulture)));
    }

    /// <summary>The VMs whose directories are there.</summary>
    public IReadOnlyList<Guid> Left() => !Directory.Exists(Path)
        ? []
        : [.. Directory.EnumerateDirectories(Path)
            .Select(directory => Guid.TryParseExact(System.IO.Path.GetFileName(directory), "N", out var uuid) ? uuid : Guid.Empty)
            .Where(uuid => uuid != Guid.Empty)];

    /// <summary>Ends a VM that was left, and removes its directory.</summary>
    public async Task ReapAsync(Guid uuid)
    {
        await EndVmmAsync(uuid).ConfigureAwait(false);
        Remove(System.IO.Path.Combine(Path, uuid.ToString("N", CultureInfo.InvariantCulture)));
    }

    /// <summary>Kills the QEMU of that uuid, if there is one.</summary>
    public static async Task EndVmmAsync(Guid uuid)
    {
        if (await Task.Run(() => VmmFinder.Find(uuid)).ConfigureAwait(false) is { } vmm && Pidfd.TryOpen(vmm) is { } pidfd)
        {
            using (pidfd)
            {
                pidfd.Signal(Signals.SIGKILL);
                await pidfd.WaitForExitAsync(CancellationToken.None).WaitAsync(s_deadline).ConfigureAwait(false);
                pidfd.TryReap();
            }
        }
    }

    /// <summary>Removes a directory, if it is there.</summary>
    public static void Remove(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
