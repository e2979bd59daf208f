using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>
/// Folders that this process's user owns, and that no other user can write to or replace. Their paths are walked part by part, by descriptor.
/// A folder on the way belongs to root or to this user and is not writable by others, unless it is sticky, as /tmp is. A symbolic link on the way,
/// such as /var/run, belongs to root or to this user and lies in a folder that is not writable by others.
/// </summary>
public static class OwnFolder
{
    /// <summary>Opens the folder, as an <c>O_PATH</c> descriptor; missing parts of its path are made, for this user alone.</summary>
    /// <exception cref="LinuxException">It is not safe (<see cref="LinuxException.Cause"/> says why), or it cannot be made.</exception>
    public static SafeFileHandle OpenOrCreate(string path)
    {
        using var walk = new FolderWalk(path, create: true);
        return walk.Run()!;
    }

    /// <summary>Checks that a folder, or the existing part of its path, is safe; makes nothing.</summary>
    /// <exception cref="LinuxException">It is not.</exception>
    public static void Check(string path)
    {
        using var walk = new FolderWalk(path, create: false);
        walk.Run()?.Dispose();
    }
}
