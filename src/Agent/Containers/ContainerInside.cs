using System.Runtime.InteropServices;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>
/// The mount, cgroup, user and time namespaces of a container and its root, as they were made: kept by descriptors, because the container's own process may leave
/// them, and may move its root.
/// </summary>
internal sealed class ContainerInside(SafeFileHandle mounts, SafeFileHandle cgroups, SafeFileHandle root, SafeFileHandle user, SafeFileHandle time) : IDisposable
{
    /// <summary>Opens those of a process that is prepared, and runs the agent's code still.</summary>
    internal static ContainerInside Of(int pid) => new(
        Open($"/proc/{pid}/ns/mnt"),
        Open($"/proc/{pid}/ns/cgroup"),
        Open($"/proc/{pid}/root", OpenFlags.Path | OpenFlags.Directory),
        Open($"/proc/{pid}/ns/user"),
        Open($"/proc/{pid}/ns/time"));

    /// <summary>In the order of the numbers of <see cref="Setup.ExecSetup"/>.</summary>
    internal IReadOnlyList<SafeHandle> Descriptors => [mounts, cgroups, root, user, time];

    public void Dispose()
    {
        foreach (var descriptor in Descriptors)
        {
            descriptor.Dispose();
        }
    }

    private static SafeFileHandle Open(string path, OpenFlags flags = OpenFlags.ReadOnly) => Linux.Descriptors.Open(path, flags);
}
