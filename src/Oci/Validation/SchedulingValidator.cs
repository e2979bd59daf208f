namespace KataActors.Oci;

/// <summary>The parts of <c>process</c> that say when and where it runs.</summary>
internal static class SchedulingValidator
{
    private const string Scheduler = "process.scheduler";
    private const string IoPriority = "process.ioPriority";
    private const int LowestNice = -20;
    private const int HighestNice = 19;
    private const int HighestPriority = 99;
    private const int LowestIoPriority = 7;

    public static void Validate(ProcessSpec process)
    {
        if (process.Scheduler is { } scheduler)
        {
            CheckScheduler(scheduler);
        }

        if (process.IoPriority is { } priority)
        {
            if (priority.Class is null || !SchedulingNames.IoClasses.ContainsKey(priority.Class))
            {
                throw SpecException.Invalid($"{IoPriority}.class", $"{Quoted.Text(priority.Class)} is not a known class");
            }

            CheckRange($"{IoPriority}.priority", priority.Priority, 0, LowestIoPriority);
        }

        NumberList.Check("process.execCPUAffinity.initial", process.ExecCPUAffinity?.Initial);
        NumberList.Check("process.execCPUAffinity.final", process.ExecCPUAffinity?.Final);
    }

    private static void CheckScheduler(SchedulerSpec scheduler)
    {
        if (scheduler.Policy == "SCHED_ISO")
        {
            throw SpecException.Unsupported($"{Scheduler}.policy", "is SCHED_ISO, which Linux does not have");
        }

        if (scheduler.Policy is null || !SchedulingNames.Policies.ContainsKey(scheduler.Policy))
        {
            throw SpecException.Invalid($"{Scheduler}.policy", $"{Quoted.Text(scheduler.Policy)} is not a known policy");
        }

        CheckRange($"{Scheduler}.nice", scheduler.Nice ?? 0, LowestNice, HighestNice);
        var isRealTime = scheduler.Policy is "SCHED_FIFO" or "SCHED_RR";
        CheckRange($"{Scheduler}.priority", scheduler.Priority ?? 0, isRealTime ? 1 : 0, isRealTime ? HighestPriority : 0);
        if (scheduler.Policy != "SCHED_DEADLINE" && (scheduler.Runtime ?? scheduler.Deadline ?? scheduler.Period ?? 0) != 0)
        {
            throw SpecException.Invalid(Scheduler, "has a runtime, deadline or period, which belong to SCHED_DEADLINE");
        }

        SpecValidator.CheckList($"{Scheduler}.flags", scheduler.Flags);
        if (scheduler.Flags.FirstOrDefault(flag => !SchedulingNames.Flags.ContainsKey(flag)) is { } flag)
        {
            throw flag is "SCHED_FLAG_UTIL_CLAMP_MIN" or "SCHED_FLAG_UTIL_CLAMP_MAX"
                ? SpecException.Unsupported($"{Scheduler}.flags", $"has {flag}, for which the specification has no value")
                : SpecException.Invalid($"{Scheduler}.flags", $"has {Quoted.Text(flag)}, which is not a known flag");
        }
    }

    private static void CheckRange(string field, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            throw SpecException.Invalid(field, $"{value} is out of range: {(min == max ? $"only {min}" : $"{min} to {max}")} is allowed");
        }
    }
}
