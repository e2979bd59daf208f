using KataActors.Oci;
using KataActors.Protocol.Agent;

namespace KataActors.Runtime.Containers;

/// <summary>When and where a process runs, in the numbers of the guest's kernel.</summary>
internal static class GuestScheduling
{
    private const int IoClassShift = 13;

    /// <summary>Adds the scheduling of a process to its form for the agent.</summary>
    public static void Add(ProcessSpec process, Process result)
    {
        if (process.Scheduler is { Policy: { } policy } scheduler)
        {
            result.Scheduler = new Scheduler
            {
                Policy = SchedulingNames.Policies[policy],
                Nice = scheduler.Nice ?? 0,
                Priority = (uint)(scheduler.Priority ?? 0),
                Flags = scheduler.Flags.Aggregate(0ul, (flags, name) => flags | SchedulingNames.Flags[name]),
                Runtime = scheduler.Runtime ?? 0,
                Deadline = scheduler.Deadline ?? 0,
                Period = scheduler.Period ?? 0,
            };
        }

        if (process.IoPriority is { Class: { } ioClass } priority)
        {
            result.IOPriority = (SchedulingNames.IoClasses[ioClass] << IoClassShift) | (uint)priority.Priority;
        }

        result.InitialCPUs.AddRange(Cpus(process.ExecCPUAffinity?.Initial));
        result.FinalCPUs.AddRange(Cpus(process.ExecCPUAffinity?.Final));
    }

    private static IEnumerable<uint> Cpus(string? list) =>
        CpuList.TryParse(list ?? "", out var cpus) ? cpus.Numbers.Select(number => (uint)number) : [];
}
