using System.Collections.Immutable;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>
/// Messages of a <see cref="CgroupActor"/>. Each command gets exactly one reply: its own record, or a <see cref="CgroupFailure"/> that holds
/// the command. Commands are carried out one after the other, in the order of their arrival.
/// </summary>
public static class CgroupProtocol
{
    /// <summary>A command.</summary>
    public interface ICommand;

    /// <summary>
    /// Make the missing groups, set the limit, and put each of the VMM's threads into its group. Sent after boot, and again on every change of
    /// limits or threads: it does not rely on earlier commands. Replies <see cref="Applied"/>.
    /// </summary>
    /// <param name="Vmm">The VMM.</param>
    /// <param name="VcpuTids">Its threads that run vCPUs. Ids that are not (or no longer) threads of the VMM are ignored.</param>
    /// <param name="Limit">The limit of all vCPUs together (<see cref="CpuQuota.Merge"/>); null for none.</param>
    public sealed record Apply(ProcessIdentity Vmm, ImmutableArray<int> VcpuTids, CpuLimit? Limit) : ICommand
    {
        /// <summary>Leave the limit of all vCPUs unchanged; <see cref="Limit"/> is then ignored.</summary>
        public bool KeepsLimit { get; init; }

        /// <summary>The other limits.</summary>
        public ResourceLimits Resources { get; init; } = ResourceLimits.None;

        /// <summary>Other processes that belong into the VM's groups, such as stand-ins. Ended ones are ignored.</summary>
        public ImmutableArray<ProcessIdentity> Helpers { get; init; } = [];
    }

    /// <summary>Every live thread is in its group.</summary>
    /// <param name="Paths">The sandbox's groups, the outer one of each hierarchy first.</param>
    /// <param name="Limit">The limit in force, read back from the kernel: the requested one, within the bounds of kernel and guest; null for none.</param>
    /// <param name="VcpuTids">The threads in the vCPUs' group.</param>
    public sealed record Applied(ImmutableArray<string> Paths, CpuLimit? Limit, ImmutableArray<int> VcpuTids)
    {
        /// <summary>The requested limits that this machine cannot set, each a sentence for the user.</summary>
        public ImmutableArray<string> Unmet { get; init; } = [];
    }

    /// <summary>
    /// Remove the sandbox's groups. Remaining processes are moved to the parent group, or, where that may hold no processes (version 2), to
    /// the daemon's own group. Replies <see cref="Destroyed"/>, also when there are no groups; a failure while a directory is left.
    /// No <see cref="Apply"/> is accepted afterwards.
    /// </summary>
    public sealed record Destroy : ICommand
    {
        /// <summary>An unmarked group of the sandbox's name counts as the sandbox's own, because only the sandbox's name is known.</summary>
        public bool UnmarkedToo { get; init; }
    }

    /// <summary>The sandbox has no groups left.</summary>
    public sealed record Destroyed;

    /// <summary>Query the groups. Changes nothing. Replies <see cref="Status"/>.</summary>
    public sealed record GetStatus : ICommand;

    /// <summary>The values of the groups' files.</summary>
    /// <param name="Paths">The groups that exist, the outer one of each hierarchy first.</param>
    /// <param name="Limit">The vCPUs' limit; null for none.</param>
    /// <param name="VcpuTids">Threads in the vCPUs' group.</param>
    /// <param name="OtherTids">Threads in the group of all threads but the vCPUs.</param>
    /// <param name="Throttling">The statistics of the limit; zeros when there is no group.</param>
    public sealed record Status(
        ImmutableArray<string> Paths,
        CpuLimit? Limit,
        ImmutableArray<int> VcpuTids,
        ImmutableArray<int> OtherTids,
        CpuThrottling Throttling)
    {
        /// <summary>The sandbox's weight against others: <c>cpu.shares</c> or <c>cpu.weight</c>; 0 when there is none.</summary>
        public long CpuWeight { get; init; }

        /// <summary>The CPUs that the sandbox may run on; empty when the group sets none.</summary>
        public string Cpus { get; init; } = "";

        /// <summary>The most memory in bytes; null for no limit.</summary>
        public long? MemoryLimitBytes { get; init; }

        /// <summary>Memory in use, in bytes.</summary>
        public long MemoryBytes { get; init; }

        /// <summary>The most threads; null for no limit.</summary>
        public long? ThreadLimit { get; init; }
    }
}

/// <summary>The statistics of a CPU limit (<c>cpu.stat</c>).</summary>
/// <param name="Periods">Periods in which the group ran.</param>
/// <param name="ThrottledPeriods">Periods in which it reached its limit.</param>
/// <param name="ThrottledTime">Total time in which its CPUs were throttled.</param>
public readonly record struct CpuThrottling(long Periods, long ThrottledPeriods, TimeSpan ThrottledTime);
