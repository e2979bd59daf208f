using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux.Guest;

/// <summary>The owner of an open file (fchown(2)).</summary>
public static class FileOwner
{
    /// <summary>Changes the user; the group stays.</summary>
    public static void SetUser(SafeHandle file, uint user)
    {
        const uint SameGroup = uint.MaxValue;
        if (LibC.fchown(file, user, SameGroup) != 0)
        {
            throw LinuxException.Last("fchown", $"descriptor to user {user}");
        }
    }
}
