using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>The used resources of getrlimit(2), with the numbers of asm-generic/resource.h.</summary>
public enum ProcessResource
{
    /// <summary>CPU time in seconds.</summary>
    CpuTime = 0,

    /// <summary>Size of a file that is written, in bytes.</summary>
    FileSize = 1,

    /// <summary>Private memory in bytes.</summary>
    Data = 2,

    /// <summary>Stack in bytes: of the main thread, and by default of each other.</summary>
    Stack = 3,

    /// <summary>Size of a core dump in bytes.</summary>
    CoreDump = 4,

    /// <summary>Processes and threads of the user.</summary>
    Processes = 6,

    /// <summary>One more than the highest descriptor.</summary>
    OpenFiles = 7,

    /// <summary>Memory that may be locked, in bytes.</summary>
    LockedMemory = 8,

    /// <summary>Address space in bytes.</summary>
    AddressSpace = 9,

    /// <summary>Queued signals of the user.</summary>
    PendingSignals = 11,

    /// <summary>POSIX message queues of the user, in bytes.</summary>
    MessageQueues = 12,

    /// <summary>How far the nice value may be lowered.</summary>
    Nice = 13,

    /// <summary>The highest real-time priority.</summary>
    RealTimePriority = 14,
}

/// <summary>Limits of a process's resources (prlimit(2)); the process 0 is this one.</summary>
public static unsafe class ProcessLimits
{
    /// <summary>No limit.</summary>
    public const ulong Infinity = ulong.MaxValue;

    /// <summary>The current limits.</summary>
    public static (ulong Soft, ulong Hard) Get(int pid, ProcessResource resource)
    {
        ResourceLimit limit;
        // SAFETY: the struct is written during the call.
        Check(LibC.prlimit(pid, (int)resource, null, &limit), pid, resource);
        return (limit.Soft, limit.Hard);
    }

    /// <summary>Sets both limits. A higher hard limit takes CAP_SYS_RESOURCE.</summary>
    public static void Set(int pid, ProcessResource resource, ulong soft, ulong hard)
    {
        var limit = new ResourceLimit { Soft = soft, Hard = hard };
        // SAFETY: the struct is read during the call.
        Check(LibC.prlimit(pid, (int)resource, &limit, null), pid, resource);
    }

    /// <summary>
    /// Sets both limits. When the hard limit may not be raised so far, it is kept, and the soft limit is at most equal to it; false when that is less than
    /// requested.
    /// </summary>
    public static bool TrySet(int pid, ProcessResource resource, ulong soft, ulong hard)
    {
        // No exception for an expected failure: a process with few descriptors may have none left to load the exception's code.
        var limit = new ResourceLimit { Soft = soft, Hard = hard };
        // SAFETY: the struct is read during the call.
        var result = LibC.prlimit(pid, (int)resource, &limit, null);
        if (result == 0 || Marshal.GetLastPInvokeError() != Errno.EPERM)
        {
            Check(result, pid, resource);
            return true;
        }

        var present = Get(pid, resource).Hard;
        Set(pid, resource, Math.Min(soft, present), present);
        return soft <= present;
    }

    private static void Check(int result, int pid, ProcessResource resource)
    {
        if (result != 0)
        {
            throw LinuxException.Last("prlimit", $"{resource} of process {pid}");
        }
    }
}
