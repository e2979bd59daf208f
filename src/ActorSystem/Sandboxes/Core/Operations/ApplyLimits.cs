using System.Collections.Immutable;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// One round that brings vCPUs and host cgroups to the state of the record. One round runs at a time; a change of the record meanwhile leads to
/// another one. New threads are placed in their group before any other change, except in a new sandbox, whose guest works unlimited until the end. A
/// limit is in force before a vCPU is removed. The guest enforces a quota before the host stops doing so, and until the host has begun
/// (<see cref="GuestQuotas"/>).
/// <code>
/// more vCPUs:  Query ▶ Set ▶ Apply ▶ Guest         of a sandbox being made:  Set ▶ Guest ▶ Apply
/// fewer:       Query ▶ Apply ▶ Guest ▶ Set ▶ Apply       as many:  Query ▶ Apply
/// where needed:  … ▶ Quota (set) ▶ Apply ▶ … ▶ Quota (lift)
/// </code>
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Wish">The latest wish that the round answers.</param>
internal sealed partial record ApplyLimits(OperationId Id, int Wish) : Operation(Id)
{
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(10);

    private LimitsStage Stage { get; init; }

    private int Wanted { get; init; }

    private bool MakesSandbox { get; init; }

    private bool Plugged { get; init; }

    private bool Unplugged { get; init; }

    private bool GuestAsked { get; init; }

    // The guest is asked to use more vCPUs than before.
    private bool Grows { get; init; }

    // The groups hold all present threads.
    private bool Applied { get; init; }

    // The host's CPU limit must not change, because the guest could not be told to enforce a quota in its place.
    private bool KeepsLimit { get; init; }

    // The requested CPU limit of the host, as written to the kernel.
    private CpuLimit? Target { get; init; }

    // The host's CPU limit in force; null for none, or when unknown.
    private CpuLimit? InForce { get; init; }

    // The number of vCPUs before their last change, and the number plugged so far.
    private int Before { get; init; }

    private int New { get; init; }

    // The first failure.
    private Failure? Failure { get; init; }

    private ImmutableArray<string> Warnings { get; init; } = [];

    private EffectId Timer { get; init; }

    private EffectId Current { get; init; }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        var timer = new EffectId(Id, Serial);
        turn.Do(new AwaitedEffect.Pause(timer, turn.Deadlines.AgentCall + s_margin));
        var begun = this with
        {
            Serial = Serial + 1,
            Timer = timer,
            MakesSandbox = turn.Record.IsBeingCreated,
            // Without an agent the guest would not use new vCPUs.
            Wanted = turn.Outside.AgentConnected ? VcpuSizing.Count(turn.Record, turn.Settings.Vm.MaxVcpus) : turn.Seen.VcpuTids.Length,
        };
        return turn.Seen.ThreadsAreFresh ? begun.Continue(turn) : begun.Ask(turn, LimitsStage.Query, ResourceKind.Hypervisor, new HypervisorProtocol.QueryVcpus());
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        StopLimits stop => End(turn, stop.Failure, isRepeated: false),
        Changed when turn.Record.VmEnded => End(turn, new Failure(FailureCode.Unavailable, turn.WhyVmEnded)),
        Overdue { Id: var id } when id == Timer => Late(turn),
        VcpusSeen when Stage == LimitsStage.Query => Continue(turn),
        GuestLimitsSet set when Stage == LimitsStage.Quota && (Call.By == default ? set.Container == Call.Container : set.By == Call.By) => OnQuota(turn, set),
        Done done when done.Id == Current => OnReply(turn, done.Reply),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        // No requester waits for the round itself.
    }

    private Operation? OnReply(Turn turn, object reply)
    {
        switch (reply)
        {
            case HypervisorProtocol.VcpuThreads threads:
                turn.Observe(seen => seen with { VcpuTids = threads.Tids, ThreadsAreFresh = true });
                return Continue(turn);
            case HypervisorProtocol.VcpusSet set:
                turn.Observe(seen => seen with { VcpuTids = set.Tids, ThreadsAreFresh = true });
                return OnVcpusSet(turn, set);
            case HypervisorFailure failed:
                return End(turn, failed.Failure with { Message = $"the vCPUs are not known: {failed.Failure.Message}" });
            case CgroupProtocol.Applied applied:
                return OnApplied(turn, applied);
            case CgroupFailure failed:
                return OnGroupsFailed(turn, failed);
            case AgentProtocol.Invoked:
                turn.Observe(seen => seen with { GuestVcpus = GuestVcpus(turn) });
                return Continue(turn);
            case AgentProtocol.InvokeFailed failed:
                return OnGuestRefused(turn, failed.Failure);
            case ResourceLost lost:
                return End(turn, new Failure(FailureCode.Internal, $"the {lost.Actor} actor failed"));
            default:
                return this;
        }
    }

    private Operation? Continue(Turn turn)
    {
        var seen = turn.Seen;
        if (Failure is not null && Applied)
        {
            return End(turn, null);
        }

        if (!Applied && !KeepsLimit && seen.Quotas.NextToSet(turn.Record, HostTarget(turn)) is { } unheld)
        {
            return SetQuota(turn, unheld);
        }

        if (Wanted > seen.VcpuTids.Length && !Plugged)
        {
            return (this with { Plugged = true }).SetVcpus(turn);
        }

        if (MakesSandbox && NeedsGuest(turn))
        {
            return AskGuest(turn);
        }

        if (!Applied)
        {
            return Apply(turn);
        }

        if (NeedsGuest(turn))
        {
            return AskGuest(turn);
        }

        if (turn.Outside.AgentConnected && Wanted < seen.VcpuTids.Length && !Unplugged)
        {
            return (this with { Unplugged = true }).SetVcpus(turn);
        }

        return turn.Outside.AgentConnected && !LiftFailed && NextToLift(turn) is { } held ? AskQuota(turn, held, null) : End(turn, null);
    }

    private ApplyLimits SetVcpus(Turn turn) =>
        (this with { Before = turn.Seen.VcpuTids.Length }).Ask(turn, LimitsStage.Set, ResourceKind.Hypervisor, new HypervisorProtocol.SetVcpus(Wanted));

    private Operation? OnVcpusSet(Turn turn, HypervisorProtocol.VcpusSet set)
    {
        var next = this with { Applied = false, New = New + Math.Max(0, set.Tids.Length - Before) };
        if (set.Shortfall is not { } shortfall)
        {
            return next.Continue(turn);
        }

        var message = $"it has {set.Tids.Length} vCPUs instead of {Wanted}: {shortfall}";
        return (Wanted > Before ? next.Fail(new Failure(FailureCode.Unavailable, message)) : next.Warn($"the sandbox holds its limits, but {message}")).Continue(turn);
    }

    private int GuestVcpus(Turn turn) => Math.Min(Wanted, turn.Seen.VcpuTids.Length);

    private bool NeedsGuest(Turn turn) => !GuestAsked && turn.Outside.AgentConnected && turn.Seen.GuestVcpus != GuestVcpus(turn);

    // A stock agent reads only the number of new vCPUs. The number in use is unknown until its answer.
    private ApplyLimits AskGuest(Turn turn)
    {
        var count = GuestVcpus(turn);
        var grows = turn.Seen.GuestVcpus < count;
        turn.Observe(seen => seen with { GuestVcpus = null });
        var request = new OnlineCPUMemRequest { Wait = true, NbCpus = (uint)New, CpuOnly = true, OnlineCpus = (uint)count };
        return (this with { GuestAsked = true, Grows = grows })
            .Ask(turn, LimitsStage.Guest, ResourceKind.Agent, new AgentProtocol.Invoke(null, request, turn.Deadlines.AgentCall));
    }

    private Operation? OnGuestRefused(Turn turn, Failure failure) => (Grows
        ? Fail(failure with { Message = $"the guest does not take its vCPUs into use: {failure.Message}" })
        : Warn($"the sandbox holds its limits, but the guest did not go to {GuestVcpus(turn)} vCPUs: {failure.Message}")).Continue(turn);

    private Operation Apply(Turn turn)
    {
        turn.Observe(seen => seen with { ThreadsAreFresh = false });
        var command = new CgroupProtocol.Apply(turn.Record.Vmm!.Value, turn.Seen.VcpuTids, CpuLimits.Of(turn.Record, turn.Settings.Cgroups.Unlimited))
        {
            KeepsLimit = KeepsLimit,
            Resources = HostLimits.Of(turn.Record, turn.Settings.Cgroups),
            Helpers = [.. CpuLimits.Counted(turn.Record).Select(container => container.StandIn)],
        };
        return (this with { Target = HostTarget(turn), InForce = null }).Ask(turn, LimitsStage.Apply, ResourceKind.Cgroup, command);
    }

    private Operation? OnApplied(Turn turn, CgroupProtocol.Applied applied)
    {
        foreach (var unmet in applied.Unmet.Except(turn.Seen.Cgroup?.Unmet ?? []))
        {
            turn.Warn(unmet);
        }

        turn.Observe(seen => seen with { Cgroup = applied });
        turn.Do(new Effect.LeavePoolGroup());
        return (this with { Applied = true, InForce = applied.Limit }).Continue(turn);
    }

    // Without such a hierarchy only the guest's own cgroups limit the containers.
    private Operation? OnGroupsFailed(Turn turn, CgroupFailure failed)
    {
        turn.Warn($"the host cgroups could not be applied: {failed.Failure.Message}");
        var next = this with { Applied = true };
        return (failed.Failure.Code == FailureCode.Unimplemented ? next : next.Fail(new Failure(FailureCode.Internal, failed.Failure.Message))).Continue(turn);
    }

    // Later replies are stale.
    private Operation? Late(Turn turn)
    {
        turn.Observe(seen => seen with { ThreadsAreFresh = false });
        return End(turn, new Failure(FailureCode.DeadlineExceeded, $"its limits were not applied in time: {Stage} did not end"));
    }

    private ApplyLimits Fail(Failure failure) => this with { Failure = Failure ?? failure };

    private ApplyLimits Warn(string warning) => this with { Warnings = Warnings.Add(warning) };

    private ApplyLimits Ask(Turn turn, LimitsStage stage, ResourceKind resource, object command)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(new AwaitedEffect.Ask(id, resource, command, turn.Deadlines.AgentCall + Backstop));
        return this with { Serial = Serial + 1, Stage = stage, Current = id };
    }

    private Operation? End(Turn turn, Failure? failure, bool isRepeated = true)
    {
        foreach (var warning in Warnings)
        {
            turn.Warn($"limits: {warning}");
        }

        LimitRounds.End(new LimitsApplied(Wish, Failure ?? failure, Warnings), isRepeated, turn);
        return null;
    }
}
