using System.Runtime.InteropServices;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Hypervisor;

/// <summary>
/// The mounts of a running VMM, in its own mount namespace, below the shared directory. They die with it. The calls return when their thread in that
/// namespace has ended: after a few milliseconds, or as late as the mounted file system answers. So call them outside of actors, with a deadline of the caller's.
/// </summary>
public static class VmmMounts
{
    /// <summary>
    /// Mounts a detached tree, a directory or a single file, at a new place. From then on it is confined (<see cref="Mounts.Confine"/>): later mounts of the host
    /// below its original do not appear here.
    /// </summary>
    /// <param name="vmm">The VMM.</param>
    /// <param name="shareDirectory">Its <see cref="VmConfig.ShareDirectory"/>.</param>
    /// <param name="tree">The detached tree, owned and later closed by the caller.</param>
    /// <param name="place">The place; no mount may be there, above or below it (else EBUSY).</param>
    /// <param name="readOnly">Whether the host, too, refuses writes.</param>
    /// <exception cref="LinuxException">The kernel refused, or the VMM is gone (ESRCH).</exception>
    /// <exception cref="IOException">The mount point cannot be made.</exception>
    public static void Attach(ProcessIdentity vmm, string shareDirectory, SafeHandle tree, SharePath place, bool readOnly) =>
        RunInside(vmm, () =>
        {
            var target = Path.Combine(shareDirectory, place.Value);
            RefuseOccupied(target, shareDirectory);
            Mounts.Confine(tree, readOnly);
            using var scaffold = OpenScaffold(shareDirectory);
            MakeMountPoint(Inside(scaffold, place.Value), isDirectory: Directory.Exists(DescriptorPath(tree)));
            Mounts.Attach(tree, target);
        });

    /// <summary>Makes sure that nothing is mounted at a place, and that the place is gone. No error when it never was, or the VMM is gone.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Detach(ProcessIdentity vmm, string shareDirectory, SharePath place)
    {
        try
        {
            RunInside(vmm, () =>
            {
                var target = Path.Combine(shareDirectory, place.Value);
                if (MountPoints().Contains(target))
                {
                    Mounts.Unmount(target, detach: true);
                }

                RefuseOccupied(target, shareDirectory);
                using var scaffold = OpenScaffold(shareDirectory);
                RemoveMountPoint(scaffold, place);
            });
        }
        catch (LinuxException e) when (e.Errno == Errno.ESRCH)
        {
        }
    }

    private static void RunInside(ProcessIdentity vmm, Action body)
    {
        using var process = Pidfd.TryOpen(vmm);
        if (process is null || !vmm.IsAlive())
        {
            throw new LinuxException(Errno.ESRCH, "setns", $"process {vmm.Pid}");
        }

        NamespaceThread.RunAsync(
            () =>
            {
                body();
                return true;
            },
            Timeout.InfiniteTimeSpan,
            NamespaceEntry.Enter(process.Handle, NamespaceKinds.Mount)).GetAwaiter().GetResult();
    }

    // Below a mount the path would lead through a container's files; above one it would hide that mount.
    private static void RefuseOccupied(string target, string shareDirectory)
    {
        var occupied = MountPoints().FirstOrDefault(point =>
            point.StartsWith(shareDirectory + "/", StringComparison.Ordinal)
            && (IsAtOrBelow(target, point) || IsAtOrBelow(point, target)));
        if (occupied is not null)
        {
            throw new LinuxException(Errno.EBUSY, "move_mount", occupied);
        }
    }

    private static bool IsAtOrBelow(string path, string top) =>
        path == top || path.StartsWith(top + "/", StringComparison.Ordinal);

    private static HashSet<string> MountPoints() => [.. MountInfo.ReadOwn().Select(mount => mount.MountPoint)];

    // The VMM serves a read-only mount of the share's tmpfs; this is a writable one.
    internal static SafeFileHandle OpenScaffold(string shareDirectory)
    {
        var scaffold = Mounts.CloneTree(shareDirectory, recursive: false);
        Mounts.SetWritable(scaffold, recursive: false);
        return scaffold;
    }

    private static void MakeMountPoint(string path, bool isDirectory)
    {
        if (isDirectory)
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, []);
        }
    }

    private static void RemoveMountPoint(SafeFileHandle scaffold, SharePath place)
    {
        var path = Inside(scaffold, place.Value);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: false);
        }
        else if (KernelFiles.Exists(path))
        {
            File.Delete(path);
        }

        foreach (var parent in place.Parents().Select(parent => Inside(scaffold, parent)))
        {
            if (Directory.Exists(parent) && !Directory.EnumerateFileSystemEntries(parent).Any())
            {
                Directory.Delete(parent, recursive: false);
            }
        }
    }

    private static string Inside(SafeHandle scaffold, string relative) => Path.Combine(DescriptorPath(scaffold), relative);

    internal static string DescriptorPath(SafeHandle descriptor) => $"/proc/thread-self/fd/{descriptor.DangerousGetHandle()}";
}
