using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux.Guest;

/// <summary>The owner of a file (chown(2)). The group stays.</summary>
public static class FileOwner
{
    private const uint SameGroup = uint.MaxValue;

    /// <summary>Changes the user of an open file.</summary>
    public static void SetUser(SafeHandle file, uint user)
    {
        if (LibC.fchown(file, user, SameGroup) != 0)
        {
            throw LinuxException.Last("fchown", $"descriptor to user {user}");
        }
    }

    /// <summary>Changes the user of a file in a folder.</summary>
    /// <returns>False when there is no such file.</returns>
    public static bool TrySetUser(SafeHandle folder, string name, uint user)
    {
        if (LibC.fchownat(folder, name, user, SameGroup, GuestConstants.AtSymlinkNoFollow) == 0)
        {
            return true;
        }

        var failure = LinuxException.Last("chown", $"{name} to user {user}");
        return failure.Errno == Errno.ENOENT ? false : throw failure;
    }
}
