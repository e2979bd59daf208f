using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>Giving and taking the names of files.</summary>
public static class FileNames
{
    /// <summary>rename(2): what had the new name before is replaced in the same moment.</summary>
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
