using System.Text;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>
/// Walks folders, and removes them with their content, by descriptor: neither a symbolic link nor a mount leads out of them, and the length of their paths does
/// not matter.
/// </summary>
public static class FolderTree
{
    /// <summary>The most folders that may lie in one another. Each takes a descriptor meanwhile.</summary>
    public const int MostLevels = 64;

    /// <summary>Makes sure that the name does not exist. False when it did not.</summary>
    /// <exception cref="LinuxException">It contains a mount, or an entry that cannot be removed.</exception>
    public static bool Remove(string path) => Remove(path, onlyFolders: false);

    /// <summary>The same where files come and go with their folder, as in cgroups(7).</summary>
    /// <exception cref="LinuxException">It contains a mount, or a folder that cannot be removed.</exception>
    public static bool RemoveFolders(string path) => Remove(path, onlyFolders: true);

    /// <summary>
    /// Visits the folder and those below it, each before its own, until <paramref name="isLast"/> says so. Folders that go meanwhile are left out.
    /// </summary>
    /// <returns>Whether it said so.</returns>
    /// <exception cref="LinuxException">A folder cannot be read.</exception>
    public static bool Visit(string path, Predicate<SafeFileHandle> isLast)
    {
        using var top = Descriptors.Open(path, OpenFlags.Path | OpenFlags.Directory);
        return Visit(top, path, isLast, level: 1);
    }

    private static bool Visit(SafeFileHandle folder, string path, Predicate<SafeFileHandle> isLast, int level) =>
        isLast(folder) || (level < MostLevels && Below(folder, path).Any(entry =>
        {
            using var below = TryOpen(folder, entry.Name, $"{path}/{entry.Text}");
            return below is not null && Visit(below, $"{path}/{entry.Text}", isLast, level + 1);
        }));

    private static FolderEntries.Entry[] Below(SafeFileHandle folder, string path)
    {
        try
        {
            return [.. FolderEntries.Read(folder, path).Where(entry => entry.IsFolder)];
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            return [];
        }
    }

    private static SafeFileHandle? TryOpen(SafeFileHandle parent, byte[] name, string path)
    {
        try
        {
            return Open(parent, name, path);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            return null;
        }
    }

    private static bool Remove(string path, bool onlyFolders)
    {
        SafeFileHandle parent;
        try
        {
            parent = Descriptors.Open(Path.GetDirectoryName(path)!, OpenFlags.Path | OpenFlags.Directory);
        }
        catch (LinuxException failure) when (failure.Errno == Errno.ENOENT)
        {
            return false;
        }

        using (parent)
        {
            return Remove(parent, [.. Encoding.UTF8.GetBytes(Path.GetFileName(path)), 0], path, onlyFolders, level: 1);
        }
    }

    private static bool Remove(SafeFileHandle parent, byte[] name, string path, bool onlyFolders, int level)
    {
        if (LibC.unlinkat(parent, name, 0) == 0)
        {
            return true;
        }

        var failure = LinuxException.Last("unlink", path);
        return failure.Errno == Errno.EISDIR ? RemoveFolder(parent, name, path, onlyFolders, level) : FalseWhenGone(failure);
    }

    private static bool RemoveFolder(SafeFileHandle parent, byte[] name, string path, bool onlyFolders, int level)
    {
        try
        {
            Empty(parent, name, path, onlyFolders, level);
        }
        catch (LinuxException failure)
        {
            return FalseWhenGone(failure);
        }

        return LibC.unlinkat(parent, name, Constants.AtRemoveDirectory) == 0 || FalseWhenGone(LinuxException.Last("rmdir", path));
    }

    // Removed meanwhile: QEMU unlinks its sockets itself.
    private static bool FalseWhenGone(LinuxException failure) => failure.Errno == Errno.ENOENT ? false : throw failure;

    private static void Empty(SafeFileHandle parent, byte[] name, string path, bool onlyFolders, int level)
    {
        if (level > MostLevels)
        {
            throw new LinuxException(Errno.ENAMETOOLONG, "rmdir", path, $"lies more than {MostLevels} folders deep");
        }

        using var folder = Open(parent, name, path);
        foreach (var entry in FolderEntries.Read(folder, path).Where(entry => entry.IsFolder || !onlyFolders).ToArray())
        {
            Remove(folder, entry.Name, $"{path}/{entry.Text}", onlyFolders, level + 1);
        }
    }

    private static unsafe SafeFileHandle Open(SafeFileHandle parent, byte[] name, string path)
    {
        var how = new OpenHow
        {
            Flags = (ulong)(OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec),
            Resolve = GuestConstants.ResolveNoOtherMounts | GuestConstants.ResolveNoLinks,
        };
        // SAFETY: the kernel reads as many bytes as the size says, during the call.
        var fd = LibC.openat2(GuestConstants.SysOpenat2, parent, name, &how, sizeof(OpenHow));
        if (fd >= 0)
        {
            return LibC.Own(fd);
        }

        var failure = LinuxException.Last("open", path);
        throw failure.Errno == Errno.EXDEV ? new LinuxException(Errno.EBUSY, "rmdir", path, "something is mounted there") : failure;
    }
}
