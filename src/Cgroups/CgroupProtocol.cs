using System.Collections.Immutable;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>
/// Messages of a <see cref="CgroupActor"/>. Each command gets exactly one reply: its own record, or a <see cref="CgroupFailure"/> that holds
/// the command. Commands are carried out one after the other, in the order of their arrival.
/// </summary>
public static class CgroupProtocol
{
    /// <summary>A message that asks for something.</summary>
    public interface ICommand;

    /// <summary>
    /// Make the groups as far as they are missing, set the limit, and put each of the VMM's threads into its group. Sent after boot, and again on
    /// every change of limits or threads: nothing is assumed about what an earlier one has done. Replies <see cref="Applied"/>.
    /// </summary>
    /// <param name="Vmm">The VMM.</param>
    /// <param name="VcpuTids">Its threads that run vCPUs. What is not (or no longer) a thread of the VMM is passed over.</param>
    /// <param name="Limit">The limit of all vCPUs together (<see cref="CpuQuota.Merge"/>); null for none.</param>
    public sealed record Apply(ProcessIdentity Vmm, ImmutableArray<int> VcpuTids, CpuLimit? Limit) : ICommand
    {
        /// <summary>Leave the limit of all vCPUs as it is, whatever <see cref="Limit"/> says.</summary>
        public bool KeepsLimit { get; init; }

        /// <summary>What else to limit.</summary>
        public ResourceLimits Resources { get; init; } = ResourceLimits.None;

        /// <summary>Processes that help the VM and belong into its groups. One that has ended is passed over.</summary>
        public ImmutableArray<ProcessIdentity> Helpers { get; init; } = [];
    }

    /// <summary>Every thread that lives is where it belongs.</summary>
    /// <param name="Paths">The sandbox's groups, the outer one of each hierarchy first.</param>
    /// <param name="Limit">What is in force, as the kernel says: the limit asked for, within the bounds of kernel and guest; null for none.</param>
    /// <param name="VcpuTids">The threads in the vCPUs' group.</param>
    public sealed record Applied(ImmutableArray<string> Paths, CpuLimit? Limit, ImmutableArray<int> VcpuTids)
    {
        /// <summary>What was asked for and this machine cannot limit, each a sentence for the user.</summary>
        public ImmutableArray<string> Unmet { get; init; } = [];
    }

    /// <summary>
    /// Remove the sandbox's groups. Whatever still runs in them is moved out: to the group above, or where that may hold no
    /// processes (version 2), to the daemon's own. Replies <see cref="Destroyed"/>, also when there are
    /// none; no reply but a failure comes while a directory is left. No <see cref="Apply"/> is accepted afterwards.
    /// </summary>
    public sealed record Destroy : ICommand
    {
        /// <summary>A group of the sandbox's name that bears no mark at all is taken for its own: nothing is known of the sandbox but its name.</summary>
        public bool UnmarkedToo { get; init; }
    }

    /// <summary>The sandbox has no group any more.</summary>
    public sealed record Destroyed;

    /// <summary>What is in the groups now? Changes nothing. Replies <see cref="Status"/>.</summary>
    public sealed record GetStatus : ICommand;

    /// <summary>What the groups' files say.</summary>
    /// <param name="Paths">The groups that exist, the outer one of each hierarchy first.</param>
    /// <param name="Limit">The vCPUs' limit; null for none.</param>
    /// <param name="VcpuTids">Threads in the vCPUs' group.</param>
    /// <param name="OtherTids">Threads in the group of what is no vCPU.</param>
    /// <param name="Throttling">How often the limit has taken hold; zeros when there is no group.</param>
    public sealed record Status(
        ImmutableArray<string> Paths,
        CpuLimit? Limit,
        ImmutableArray<int> VcpuTids,
        ImmutableArray<int> OtherTids,
        CpuThrottling Throttling)
    {
        /// <summary>The sandbox's weight against others: <c>cpu.shares</c> or <c>cpu.weight</c>; 0 when there is none.</summary>
        public long CpuWeight { get; init; }

        /// <summary>The CPUs that the sandbox may run on; empty when that is not limited here.</summary>
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
/// <param name="ThrottledPeriods">Those in which it was stopped at its limit.</param>
/// <param name="ThrottledTime">How long its CPUs have been held back in all.</param>
public readonly record struct CpuThrottling(long Periods, long ThrottledPeriods, TimeSpan ThrottledTime);
