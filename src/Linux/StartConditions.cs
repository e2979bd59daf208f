using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>
/// The limits and priorities of a long-running process, in place of the values inherited from its starter: a shell with limits, an engine that is protected
/// from the OOM killer, <c>nice</c>, <c>taskset</c>. No value is too small by accident, and unneeded resources (core dumps, message queues, priorities) are
/// not allowed.
/// </summary>
public static unsafe class StartConditions
{
    /// <summary>Bytes of stack.</summary>
    public const ulong Stack = 8 * MiB;

    /// <summary>The lowest limit of descriptors: systemd's default for a service.</summary>
    public const ulong OpenFiles = 512 * 1024;

    private const ulong MiB = 1024 * 1024;
    private const ulong Plenty = 32 * 1024;

    private static readonly ProcessResource[] s_unlimited =
        [ProcessResource.CpuTime, ProcessResource.FileSize, ProcessResource.Data, ProcessResource.AddressSpace];

    private static readonly (ProcessResource Resource, ulong Limit)[] s_limits =
    [
        (ProcessResource.CoreDump, 0),
        (ProcessResource.LockedMemory, 8 * MiB),
        (ProcessResource.Processes, Plenty),
        (ProcessResource.PendingSignals, Plenty),
        (ProcessResource.MessageQueues, 0),
        (ProcessResource.Nice, 0),
        (ProcessResource.RealTimePriority, 0),
    ];

    /// <summary>
    /// For a thread that starts a process and then ends: gives it normal priority for CPU and disks, and every CPU of its cpuset. The process
    /// inherits that.
    /// </summary>
    /// <param name="unmet">Gets a sentence for each value that may not be set.</param>
    public static void TakeOnThread(Action<string> unmet)
    {
        Try(SetUsualScheduling, unmet);
        Try(CpuAffinity.SetAll, unmet);
    }

    /// <summary>Raises, as far as allowed, the limits of this process that its children must have from their first instruction on.</summary>
    /// <returns>The number of descriptors that it may have open.</returns>
    public static ulong RaiseOwnLimits()
    {
        foreach (var resource in s_unlimited)
        {
            ProcessLimits.TrySet(0, resource, ProcessLimits.Infinity, ProcessLimits.Infinity);
        }

        // Both limits, for children inherit them: the kernel forgets a limit of the stack that a process is given while it executes its program.
        ProcessLimits.TrySet(0, ProcessResource.Stack, Stack, Stack);
        var files = Math.Max(ProcessLimits.Get(0, ProcessResource.OpenFiles).Hard, OpenFiles);
        ProcessLimits.TrySet(0, ProcessResource.OpenFiles, files, files);
        return ProcessLimits.Get(0, ProcessResource.OpenFiles).Soft;
    }

    /// <summary>Gives a process that was just started the usual limits and the usual <c>oom_score_adj</c>.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="unmet">Gets a sentence for each value that may not be set.</param>
    public static void Give(int pid, Action<string> unmet)
    {
        Try(() => KernelFiles.Write($"/proc/{pid}/oom_score_adj", "0"), _ => unmet("oom_score_adj 0 is not allowed"));
        foreach (var resource in s_unlimited)
        {
            Limit(pid, resource, ProcessLimits.Infinity, unmet);
        }

        foreach (var (resource, limit) in s_limits)
        {
            Limit(pid, resource, limit, unmet);
        }
    }

    private static void Limit(int pid, ProcessResource resource, ulong limit, Action<string> unmet)
    {
        if (!ProcessLimits.TrySet(pid, resource, limit, limit))
        {
            unmet($"the limit of {resource} cannot be raised");
        }
    }

    private static void SetUsualScheduling()
    {
        var scheduling = new SchedulingAttributes { Size = (uint)sizeof(SchedulingAttributes), Policy = Constants.SchedulingOther };
        // SAFETY: the kernel reads as many bytes as the struct says, during the call.
        if (LibC.sched_setattr(Constants.SysSchedSetattr, 0, &scheduling, 0) != 0)
        {
            throw LinuxException.Last("sched_setattr", "nice 0");
        }

        if (LibC.ioprio_set(Constants.SysIoprioSet, Constants.IoPriorityOfProcess, 0, 0) != 0)
        {
            throw LinuxException.Last("ioprio_set", "no priority");
        }
    }

    private static void Try(Action set, Action<string> unmet)
    {
        try
        {
            set();
        }
        catch (LinuxException e) when (e.Errno is Errno.EPERM or Errno.EACCES)
        {
            unmet(e.Message);
        }
    }
}
