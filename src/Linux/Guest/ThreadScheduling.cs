using KataActors.Linux.Native;

namespace KataActors.Linux.Guest;

/// <summary>When and where the calling thread runs, for a process just before its execve(2), which keeps it (sched(7)).</summary>
public static unsafe class ThreadScheduling
{
    /// <summary>sched_setattr(2); times in nanoseconds.</summary>
    public static void Set(uint policy, int nice, uint priority, ulong flags, ulong runtime, ulong deadline, ulong period)
    {
        var attributes = new SchedulingAttributes
        {
            Size = (uint)sizeof(SchedulingAttributes),
            Policy = policy,
            Flags = flags,
            Nice = nice,
            Priority = priority,
            Runtime = runtime,
            Deadline = deadline,
            Period = period,
        };
        // SAFETY: the kernel reads as many bytes as the struct says, during the call.
        if (LibC.sched_setattr(Constants.SysSchedSetattr, 0, &attributes, 0) != 0)
        {
            throw LinuxException.Last("sched_setattr", $"policy {policy}");
        }
    }

    /// <summary>The priority of its disk accesses, class and level in one number (ioprio_set(2)).</summary>
    public static void SetIoPriority(uint priority)
    {
        if (LibC.ioprio_set(Constants.SysIoprioSet, Constants.IoPriorityOfProcess, 0, priority) != 0)
        {
            throw LinuxException.Last("ioprio_set", $"priority {priority}");
        }
    }
}
