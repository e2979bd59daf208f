using System.Globalization;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>Opens namespaces by an untrusted path, such as /run/netns/NAME or /proc/PID/ns/net.</summary>
public static class NamespaceFile
{
    /// <summary>The namespace; its type is checked before the open, so no other file is ever opened.</summary>
    /// <exception cref="LinuxException">It is missing, not a namespace, or of another kind.</exception>
    public static unsafe SafeFileHandle Open(string path, NamespaceKinds kind)
    {
        using var place = Descriptors.Open(path, OpenFlags.Path);
        FileSystemFields fileSystem;
        // SAFETY: the kernel writes a struct statfs, which is as large as the fields.
        if (LibC.fstatfs(place, &fileSystem) != 0)
        {
            throw LinuxException.Last("fstatfs", path);
        }

        if (fileSystem.Type != Constants.NamespaceFileSystem)
        {
            throw new LinuxException(Errno.EINVAL, "open", path, $"is {FileStatus.Of(place).KindInWords}, not a namespace");
        }

        var handle = Descriptors.Reopen(place, OpenFlags.ReadOnly, path);
        var actual = (NamespaceKinds)LibC.ioctl(handle, Constants.GetNamespaceKind, null);
        if (actual == kind)
        {
            return handle;
        }

        handle.Dispose();
        throw new LinuxException(Errno.EINVAL, "open", path, $"is a namespace of kind {Name(actual)}, not {Name(kind)}");
    }

    /// <summary>The name that the kernel gives to a namespace, such as <c>net:[4026531840]</c>, by its path below /proc; null when its process is gone.</summary>
    public static string? TryName(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether an inode is that of the network namespace of the host, or of this process.</summary>
    public static bool IsHostNetwork(ulong inode)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"net:[{inode}]");
        return TryName("/proc/self/ns/net") == name || TryName("/proc/1/ns/net") == name;
    }

    private static string Name(NamespaceKinds kind) => Enum.IsDefined(kind) ? kind.ToString().ToLowerInvariant() : "unknown";
}
