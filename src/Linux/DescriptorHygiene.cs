using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>Keeps this process's inherited descriptors from its children (close_range(2)).</summary>
public static class DescriptorHygiene
{
    private const int LastStandardNumber = 2;
    private const int GetDescriptorFlags = 1;

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

    /// <summary>
    /// Opens /dev/null for a standard input, output or error that the caller closed, so that no later descriptor gets that number and is
    /// mistaken for it.
    /// </summary>
    public static void FillStandardNumbers()
    {
        while (true)
        {
            var filler = Descriptors.Open("/dev/null", OpenFlags.ReadWrite);
            if (filler.DangerousGetHandle() > LastStandardNumber)
            {
                filler.Dispose();
                return;
            }

            // Never closed.
            GC.SuppressFinalize(filler);
        }
    }

    /// <summary>
    /// The standard descriptor of that number if the caller gave it, else null. A descriptor with the close-on-exec flag was not inherited: it
    /// is the .NET runtime's own, or a filler.
    /// </summary>
    public static SafeFileHandle? GivenStandard(int number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, LastStandardNumber);
        var descriptor = new SafeFileHandle(number, ownsHandle: false);
        return LibC.fcntl(descriptor, GetDescriptorFlags, 0) == 0 ? descriptor : null;
    }

    private static void Range(int first, int flags)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        if (LibC.close_range(Constants.SysCloseRange, first, uint.MaxValue, flags) < 0)
        {
            throw LinuxException.Last("close_range", $"descriptors from {first}");
        }
    }
}
