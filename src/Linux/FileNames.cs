using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>Renaming and unlinking files.</summary>
public static class FileNames
{
    /// <summary>rename(2): atomically replaces a file of the new name.</summary>
    public static void Rename(string from, string to)
    {
        if (LibC.rename(from, to) != 0)
        {
            throw LinuxException.Last("rename", to);
        }
    }

    /// <summary>unlink(2). False when there is no such file, or it cannot be removed.</summary>
    public static bool TryRemove(string path) => LibC.unlink(path) == 0;
}
