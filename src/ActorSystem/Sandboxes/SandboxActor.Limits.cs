using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

// vCPUs and host cgroups follow the record, in rounds: one at a time, and another one when the record has changed meanwhile.
internal sealed partial class SandboxActor
{
    private static readonly TimeSpan s_limitsMargin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_limitsRetryPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestLimitsPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_lastEndPause = TimeSpan.FromSeconds(1);

    private readonly List<Action<LimitsResult>> _awaitingLimits = [];
    private readonly GuestQuotas _quotas = new();
    private LimitsRound? _limits;
    private bool _limitsWanted;
    private bool _threadsAreFresh;
    private int? _guestVcpus;
    private readonly Backoff _limitsPauses = new(s_limitsRetryPause, s_longestLimitsPause);

    /// <summary>Brings all to what the record says now; <paramref name="then"/> hears how that ended.</summary>
    private void ApplyLimits(Action<LimitsResult>? then = null)
    {
        if (then is not null)
        {
            _awaitingLimits.Add(then);
        }

        _limitsWanted = true;
        BeginLimits();
    }

    // When nothing runs any more most callers delete the sandbox at once, and a round would only be in their way.
    private void ApplyLimitsAfterLastEnd() => Timers.StartSingleTimer(nameof(LimitsRetry), new LimitsRetry(), s_lastEndPause);

    private void BeginLimits()
    {
        if (!_limitsWanted || _limits is not null)
        {
            return;
        }

        _limitsWanted = false;
        var round = new LimitsRound(WantedVcpus(), MakingSandbox is not null, [.. _awaitingLimits]);
        _awaitingLimits.Clear();
        if (_state.Record is not { Vmm: not null, VmEnded: false } || IsBeingRemoved)
        {
            round.Failure = new Failure(FailureCode.Unavailable, "its VM has ended or is being removed");
            Answer(round);
            return;
        }

        _limits = round;
        Timers.StartSingleTimer(nameof(LimitsOverdue), new LimitsOverdue(), Deadlines.AgentCall + s_limitsMargin);
        if (_threadsAreFresh)
        {
            Continue(round);
        }
        else
        {
            round.Step = LimitsStep.Query;
            Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.QueryVcpus());
        }
    }

    // Without an agent nobody would take new vCPUs into use.
    private int WantedVcpus() => _agentConnected ? VcpuSizing.Count(_state.Record, _services.Settings.Vm.MaxVcpus) : _vcpuTids.Length;

    private bool OnLimitsStep(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.VcpuThreads threads:
                _vcpuTids = threads.Tids;
                _threadsAreFresh = true;
                if (_limits is { Step: LimitsStep.Query } asked)
                {
                    Continue(asked);
                }
                else
                {
                    AdvanceAll();
                }

                return true;
            case HypervisorProtocol.VcpusSet set:
                _vcpuTids = set.Tids;
                _threadsAreFresh = true;
                if (_limits is { Step: LimitsStep.Set } changed)
                {
                    OnVcpusSet(changed, set.Shortfall);
                }

                return true;
            case HypervisorFailure { Command: HypervisorProtocol.QueryVcpus or HypervisorProtocol.SetVcpus } failed when _limits is { Step: LimitsStep.Query or LimitsStep.Set } round:
                EndLimits(round, new Failure(ToCode(failed.Kind), $"the vCPUs are not known: {failed.Message}"));
                return true;
            case CgroupProtocol.Applied applied when _placing is { } taken:
                _cgroup = applied;
                LeavePoolGroup();
                OnPlaced(taken);
                return true;
            case CgroupFailure { Command: CgroupProtocol.Apply } failure when _placing is { } taken:
                _log.Warning("the VM from the pool keeps the pool's weight for now: {0}", failure.Message);
                OnPlaced(taken);
                return true;
            case CgroupProtocol.Applied applied:
                ReportUnmet(applied);
                _cgroup = applied;
                LeavePoolGroup();
                if (_limits is { Step: LimitsStep.Apply } placed)
                {
                    placed.InForce = applied.Limit;
                }

                OnGroupsApplied(null);
                return true;
            case AgentProtocol.Invoked { Token: GuestVcpusCall call } when ReferenceEquals(call.Round, _limits):
                _guestVcpus = call.Count;
                Continue(call.Round);
                return true;
            case AgentProtocol.InvokeFailed { Token: GuestVcpusCall call } failed when ReferenceEquals(call.Round, _limits):
                OnGuestRefused(call, failed.Failure);
                return true;
            case LimitsOverdue when _limits is { } late:
                EndLimits(late, new Failure(FailureCode.DeadlineExceeded, $"its limits were not applied in time: {late.Step} did not end"));
                return true;
            case LimitsRetry:
                ApplyLimits();
                return true;
            case AgentProtocol.Invoked { Token: QuotaCall call }:
                OnQuotaAnswered(call, null);
                return true;
            case AgentProtocol.InvokeFailed { Token: QuotaCall call } failed:
                OnQuotaAnswered(call, failed.Failure);
                return true;
            case AgentProtocol.Invoked { Token: GuestVcpusCall } or AgentProtocol.InvokeFailed { Token: GuestVcpusCall } or LimitsOverdue:
                return true;
            default:
                return false;
        }
    }

    private void Continue(LimitsRound round)
    {
        if (round.Failure is not null && round.Applied)
        {
            EndLimits(round, null);
        }
        else if (!round.Applied && !round.KeepsLimit && _quotas.NextToSet(_state.Record, HostTarget) is { } unheld)
        {
            SetQuota(round, unheld);
        }
        else if (round.Wanted > _vcpuTids.Length && !round.Plugged)
        {
            round.Plugged = true;
            SetVcpus(round);
        }
        else if (round.MakesSandbox && NeedsGuest(round))
        {
            AskGuest(round);
        }
        else if (!round.Applied)
        {
            round.Step = LimitsStep.Apply;
            _threadsAreFresh = false;
            (round.Target, round.InForce) = (HostTarget, null);
            ApplyCgroup(round.KeepsLimit);
        }
        else if (NeedsGuest(round))
        {
            AskGuest(round);
        }
        else if (_agentConnected && round.Wanted < _vcpuTids.Length && !round.Unplugged)
        {
            round.Unplugged = true;
            SetVcpus(round);
        }
        else if (_agentConnected && !round.LiftFailed && NextToLift(round) is { } held)
        {
            AskQuota(round, held, null);
        }
        else
        {
            EndLimits(round, null);
        }
    }

    private void SetVcpus(LimitsRound round)
    {
        round.Step = LimitsStep.Set;
        round.Before = _vcpuTids.Length;
        Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.SetVcpus(round.Wanted));
    }

    private void OnVcpusSet(LimitsRound round, string? shortfall)
    {
        round.Applied = false;
        round.New += Math.Max(0, _vcpuTids.Length - round.Before);
        if (shortfall is not null)
        {
            var message = $"it has {_vcpuTids.Length} vCPUs instead of {round.Wanted}: {shortfall}";
            if (round.Wanted > round.Before)
            {
                round.Failure ??= new Failure(FailureCode.Unavailable, message);
            }
            else
            {
                round.Warnings.Add($"the sandbox holds its limits, but {message}");
            }
        }

        Continue(round);
    }

    private int GuestVcpus(LimitsRound round) => Math.Min(round.Wanted, _vcpuTids.Length);

    private bool NeedsGuest(LimitsRound round) => !round.GuestAsked && _agentConnected && _guestVcpus != GuestVcpus(round);

    // A stock agent knows only the number of new ones. What the guest has afterwards is unknown until it has answered.
    private void AskGuest(LimitsRound round)
    {
        var call = new GuestVcpusCall(round, GuestVcpus(round), Grows: _guestVcpus < GuestVcpus(round));
        round.Step = LimitsStep.Guest;
        round.GuestAsked = true;
        _guestVcpus = null;
        InvokeAgent(
            call,
            new OnlineCPUMemRequest { Wait = true, NbCpus = (uint)round.New, CpuOnly = true, OnlineCpus = (uint)call.Count },
            Deadlines.AgentCall);
    }

    private void OnGuestRefused(GuestVcpusCall call, Failure failure)
    {
        if (call.Grows)
        {
            call.Round.Failure ??= failure with { Message = $"the guest does not take its vCPUs into use: {failure.Message}" };
        }
        else
        {
            call.Round.Warnings.Add($"the sandbox holds its limits, but the guest did not go to {call.Count} vCPUs: {failure.Message}");
        }

        Continue(call.Round);
    }

    private void OnGroupsApplied(Failure? failure)
    {
        if (_limits is not { Step: LimitsStep.Apply } round)
        {
            return;
        }

        round.Applied = true;
        round.Failure ??= failure;
        Continue(round);
    }

    private void EndLimits(LimitsRound round, Failure? failure)
    {
        _limits = null;
        Timers.Cancel(nameof(LimitsOverdue));
        round.Failure ??= failure;
        foreach (var warning in round.Warnings)
        {
            _log.Warning("limits: {0}", warning);
        }

        if (round.Failure is { } problem)
        {
            RetryLimits(problem.Message);
        }
        else
        {
            _limitsPauses.Succeed();
        }

        Answer(round);
        BeginLimits();
    }

    // Who waited has been told, and undoes what it wanted. For the others it is tried again as long as the VM runs, since a limit that should hold does not.
    private void RetryLimits(string cause)
    {
        var pause = _limitsPauses.Fail(cause, out var isNews);
        if (isNews)
        {
            _log.Warning("the limits are not what they should be: {0}", cause);
        }

        if (_state.Record is { Vmm: not null, VmEnded: false } && !IsBeingRemoved)
        {
            Timers.StartSingleTimer(nameof(LimitsRetry), new LimitsRetry(), pause);
        }
    }

    private void AbortLimits(Failure failure)
    {
        if (_limits is { } round)
        {
            EndLimits(round, failure);
        }
    }

    private static void Answer(LimitsRound round)
    {
        foreach (var waiter in round.Waiters)
        {
            waiter(new LimitsResult(round.Failure, [.. round.Warnings]));
        }
    }

    private sealed record QuotaCall(LimitsRound Round, string Id, CpuLimit? Limit);

    private sealed record GuestVcpusCall(LimitsRound Round, int Count, bool Grows);

    private sealed record LimitsOverdue;

    private sealed record LimitsRetry;
}
