using System.Runtime.CompilerServices;
using KataActors.Linux.Native;

namespace KataActors.Linux.Guest;

/// <summary>
/// Makes the calling thread the only one of its process, as the kernel demands before a process enters a user or time namespace (unshare(2), setns(2)). A
/// NativeAOT program that has started no thread has one beside the first: the runtime's, for finalizers. It is ended from within, by a finalizer that calls
/// exit(2), which ends a thread alone. No finalizer runs after that, so this is for a process shortly before its execve(2).
/// </summary>
public static class OnlyThread
{
    private const string Threads = "/proc/self/task";
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    /// <summary>Ends the other thread.</summary>
    /// <exception cref="LinuxException">There are still others after 10 seconds.</exception>
    public static void Become()
    {
        if (IsAlone())
        {
            return;
        }

        var end = Environment.TickCount64 + (long)s_deadline.TotalMilliseconds;
        Abandon();
        GC.Collect();
        while (!IsAlone())
        {
            if (Environment.TickCount64 > end)
            {
                throw new LinuxException(Errno.EUSERS, "exit", Threads, "the process has other threads");
            }

            Thread.Sleep(1);
        }
    }

    private static bool IsAlone() => Directory.GetDirectories(Threads).Length == 1;

    // In a frame of its own, so that nothing refers to the object any more.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => _ = new Last();

    private sealed class Last
    {
        ~Last() => LibC.exit(GuestConstants.SysExit, 0);
    }
}
