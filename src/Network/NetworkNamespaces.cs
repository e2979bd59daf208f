using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Network;

/// <summary>Network namespaces by their inode, the number in <c>net:[4026531840]</c> (namespaces(7)).</summary>
internal static class NetworkNamespaces
{
    /// <summary>The inode of an open namespace.</summary>
    internal static ulong InodeOf(SafeHandle handle) => FileStatus.Of(handle).Inode;

    /// <summary>Opens the namespace with an inode, through a process in it or a mount of it; null when there is neither, in this mount namespace.</summary>
    internal static SafeFileHandle? TryOpen(ulong inode)
    {
        var name = NameOf(inode);
        var processes = Directory.EnumerateDirectories("/proc")
            .Where(folder => char.IsAsciiDigit(folder[^1])).Select(folder => $"{folder}/ns/net").Where(path => NamespaceFile.TryName(path) == name);
        var mounts = MountInfo.ReadOwn().Where(mount => mount.Type == "nsfs" && mount.Root == name).Select(mount => mount.MountPoint);
        return mounts.Concat(processes).Select(path => TryOpen(path, inode)).FirstOrDefault(handle => handle is not null);
    }

    /// <summary>Opens the namespace of a process.</summary>
    /// <exception cref="LinuxException">The process has ended.</exception>
    internal static SafeFileHandle OpenOf(ProcessIdentity process)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/ns/net");
        var handle = NamespaceFile.Open(path, NamespaceKinds.Network);
        if (process.IsAlive())
        {
            return handle;
        }

        handle.Dispose();
        throw new LinuxException(Errno.ESRCH, "open", path);
    }

    /// <summary>Whether the namespace of a process has no interface but the loopback's. It is the usual case at a start, and this look costs no thread.</summary>
    internal static bool HasLoopbackOnly(ProcessIdentity process)
    {
        // Two lines of headings, and one for each interface.
        var lines = ProcessFiles.TryRead(process.Pid, "net/dev") is { } table ? Encoding.UTF8.GetString(table).Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
        return lines.Length == 3 && lines[2].TrimStart().StartsWith("lo:", StringComparison.Ordinal) && process.IsAlive();
    }

    private static string NameOf(ulong inode) => string.Create(CultureInfo.InvariantCulture, $"net:[{inode}]");

    // The process may have ended, and the mount gone, since the look.
    private static SafeFileHandle? TryOpen(string path, ulong inode)
    {
        try
        {
            var handle = NamespaceFile.Open(path, NamespaceKinds.Network);
            if (InodeOf(handle) == inode)
            {
                return handle;
            }

            handle.Dispose();
        }
        catch (LinuxException e) when (!Errno.IsShortage(e.Errno))
        {
        }

        return null;
    }
}
