using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>Keeps descriptors that this process was given by its parent from going on to its children (close_range(2)).</summary>
public static class DescriptorHygiene
{
    /// <summary>
    /// Marks every descriptor from <paramref name="first"/> up close-on-exec. They stay usable here. Call it first thing in a program:
    /// callers leave their own descriptors open (containerd's shim its listening socket, as number 3).
    /// </summary>
    public static void MarkInheritedCloseOnExec(int first = 3) => Range(first, Constants.CloseRangeCloseOnExec);

    /// <summary>
    /// Closes every descriptor from <paramref name="first"/> up, the .NET runtime's own included: only for a process that is about to
    /// call execve(2) and does nothing else.
    /// </summary>
    public static void CloseFrom(int first) => Range(first, 0);

    private static void Range(int first, int flags)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        if (LibC.close_range(Constants.SysCloseRange, first, uint.MaxValue, flags) < 0)
        {
            throw LinuxException.Last("close_range", $"descriptors from {first}");
        }
    }
}
