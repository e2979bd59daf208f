using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>
/// What a process that runs for long is started with, in place of what the starter has from a starter of its own: a shell with limits, an engine that the
/// kernel's OOM killer spares, <c>nice</c>, <c>taskset</c>. None of the values
/// is too small by accident, and what such a process has no use for (core dumps, message queues, priorities) it may not have.
/// </summary>
public static unsafe class StartConditions
{
    /// <summary>Bytes of stack.</summary>
    public const ulong Stack = 8 * MiB;

    /// <summary>Descriptors, at least: as many as systemd allows a service.</summary>
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
    /// For a thread that starts a process and then ends: from now on it has no priority over others or below them, neither for the CPU nor for disks, and runs on
    /// every CPU that its cpuset allows. The process inherits that.
    /// </summary>
    /// <param name="unmet">Gets a sentence for each value that may not be set.</param>
    public static void TakeOnThread(Action<string> unmet)
    {
        Try(SetUsualScheduling, unmet);
        Try(CpuAffinity.SetAll, unmet);
    }

    /// <summary>Raises those limits of this process that its children must have from their first instruction on, as far as that is allowed.</summary>
    /// <returns>How many descriptors it may have open.</returns>
    public static ulong RaiseOwnLimits()
    {
        foreach (var resource in s_unlimited)
        {
            ProcessLimits.TrySet(0, resource, ProcessLimits.Infinity, ProcessLimits.Infinity);
        }

        ProcessLimits.TrySet(0, ProcessResource.Stack, Stack, Math.Max(ProcessLimits.Get(0, ProcessResource.Stack).Hard, Stack));
        var files = Math.Max(ProcessLimits.Get(0, ProcessResource.OpenFiles).Hard, OpenFiles);
        ProcessLimits.TrySet(0, ProcessResource.OpenFiles, files, files);
        return ProcessLimits.Get(0, ProcessResource.OpenFiles).Soft;
    }

    /// <summary>Gives a process that was just started the usual limits and the usual place among the victims of the OOM killer.</summary>
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
