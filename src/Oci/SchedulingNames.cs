namespace KataActors.Oci;

/// <summary>The names of <c>process.scheduler</c> and <c>process.ioPriority</c>, with the kernel's numbers (linux/sched.h, linux/ioprio.h).</summary>
public static class SchedulingNames
{
    /// <summary>The policies, but for SCHED_ISO, which Linux does not have.</summary>
    public static readonly IReadOnlyDictionary<string, uint> Policies = new Dictionary<string, uint>
    {
        ["SCHED_OTHER"] = 0,
        ["SCHED_FIFO"] = 1,
        ["SCHED_RR"] = 2,
        ["SCHED_BATCH"] = 3,
        ["SCHED_IDLE"] = 5,
        ["SCHED_DEADLINE"] = 6,
    };

    /// <summary>The flags, but for those of utilization clamps, for which the specification has no values.</summary>
    public static readonly IReadOnlyDictionary<string, ulong> Flags = new Dictionary<string, ulong>
    {
        ["SCHED_FLAG_RESET_ON_FORK"] = 1,
        ["SCHED_FLAG_RECLAIM"] = 2,
        ["SCHED_FLAG_DL_OVERRUN"] = 4,
        ["SCHED_FLAG_KEEP_POLICY"] = 8,
        ["SCHED_FLAG_KEEP_PARAMS"] = 16,
    };

    /// <summary>The classes of disk access.</summary>
    public static readonly IReadOnlyDictionary<string, uint> IoClasses = new Dictionary<string, uint>
    {
        ["IOPRIO_CLASS_RT"] = 1,
        ["IOPRIO_CLASS_BE"] = 2,
        ["IOPRIO_CLASS_IDLE"] = 3,
    };
}
