using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;

namespace KataActors.Runtime.Sandboxes;

// vCPUs and host cgroups follow the record, in rounds: one at a time, and another one when the record has changed meanwhile.
internal sealed partial class SandboxActor
{
    private const int MostRetries = 3;
    private static readonly TimeSpan LimitsMargin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LimitsRetryPause = TimeSpan.FromSeconds(5);

    private readonly List<Action<LimitsResult>> _awaitingLimits = [];
    private LimitsRound? _limits;
    private bool _limitsWanted;
    private bool _threadsAreFresh;
    private int _limitsFailures;

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

    private void BeginLimits()
    {
        if (!_limitsWanted || _limits is not null)
        {
            return;
        }

        _limitsWanted = false;
        var round = new LimitsRound(WantedVcpus(), MakingSandbox is not null, [.. _awaitingLimits]);
        _awaitingLimits.Clear();
        if (_record is not { Vmm: not null, VmEnded: false } || _removal is not null)
        {
            round.Failure = new Failure(FailureCode.Unavailable, "its VM has ended or is being removed");
            Answer(round);
            return;
        }

        _limits = round;
        Timers.StartSingleTimer(nameof(LimitsOverdue), new LimitsOverdue(), Deadlines.AgentCall + LimitsMargin);
        if (_threadsAreFresh)
        {
            OnThreads(round);
        }
        else
        {
            round.Step = LimitsStep.Query;
            Child(ChildKind.Hypervisor).Tell(new HypervisorProtocol.QueryVcpus());
        }
    }

    // Without an agent nobody would take new vCPUs into use.
    private int WantedVcpus() => _agentConnected ? VcpuSizing.Count(_record, _services.Settings.Vm.MaxVcpus) : _vcpuTids.Length;

    private bool OnLimitsStep(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.VcpuThreads threads:
                _vcpuTids = threads.Tids;
                _threadsAreFresh = true;
                if (_limits is { Step: LimitsStep.Query } asked)
                {
                    OnThreads(asked);
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
            case CgroupProtocol.Applied applied:
                _cgroup = applied;
                OnGroupsApplied(null);
                return true;
            case AgentProtocol.Invoked { Token: OnlineCall } when _limits is { Step: LimitsStep.Online } online:
                OnOnline(online, null);
                return true;
            case AgentProtocol.InvokeFailed { Token: OnlineCall } failed when _limits is { Step: LimitsStep.Online } online:
                OnOnline(online, failed.Failure);
                return true;
            case LimitsOverdue when _limits is { } late:
                EndLimits(late, new Failure(FailureCode.DeadlineExceeded, $"its limits were not applied in time: {late.Step} did not end"));
                return true;
            case LimitsRetry:
                ApplyLimits();
                return true;
            case AgentProtocol.Invoked { Token: OnlineCall } or AgentProtocol.InvokeFailed { Token: OnlineCall } or LimitsOverdue:
                return true;
            default:
                return false;
        }
    }

    private void OnThreads(LimitsRound round)
    {
        if (round.Wanted > _vcpuTids.Length)
        {
            SetVcpus(round);
        }
        else
        {
            ApplyGroups(round);
        }
    }

    private void SetVcpus(LimitsRound round)
    {
        round.Step = LimitsStep.Set;
        round.Before = _vcpuTids.Length;
        Child(ChildKind.Hypervisor).Tell(new HypervisorProtocol.SetVcpus(round.Wanted));
    }

    private void OnVcpusSet(LimitsRound round, string? shortfall)
    {
        round.New = Math.Max(0, _vcpuTids.Length - round.Before!.Value);
        if (shortfall is not null && round.Wanted > round.Before)
        {
            round.Failure = new Failure(FailureCode.Unavailable, $"it has {_vcpuTids.Length} vCPUs instead of {round.Wanted}: {shortfall}");
        }
        else if (shortfall is not null)
        {
            round.Warnings.Add($"the sandbox has {_vcpuTids.Length} vCPUs instead of {round.Wanted}: {shortfall}");
        }

        if (round is { MakesSandbox: true, New: > 0 })
        {
            TakeIntoUse(round);
        }
        else
        {
            ApplyGroups(round);
        }
    }

    private void TakeIntoUse(LimitsRound round)
    {
        round.Step = LimitsStep.Online;
        InvokeAgent(new OnlineCall(), new OnlineCPUMemRequest { Wait = true, NbCpus = (uint)round.New, CpuOnly = true }, Deadlines.AgentCall);
    }

    private void OnOnline(LimitsRound round, Failure? failure)
    {
        round.New = 0;
        round.Failure ??= failure is null ? null : failure with { Message = $"the guest does not take its new vCPUs into use: {failure.Message}" };
        if (round.MakesSandbox)
        {
            ApplyGroups(round);
        }
        else
        {
            EndLimits(round, null);
        }
    }

    private void ApplyGroups(LimitsRound round)
    {
        round.Step = LimitsStep.Apply;
        _threadsAreFresh = false;
        ApplyCgroup();
    }

    private void OnGroupsApplied(Failure? failure)
    {
        if (_limits is not { Step: LimitsStep.Apply } round)
        {
            return;
        }

        if (failure is not null)
        {
            EndLimits(round, failure);
        }
        else if (round.New > 0)
        {
            TakeIntoUse(round);
        }
        else if (round.Wanted < _vcpuTids.Length && round.Before is null)
        {
            SetVcpus(round);
        }
        else
        {
            EndLimits(round, null);
        }
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
            _log.Warning("the limits are not what they should be: {0}", problem.Message);
            RetryLimits();
        }
        else
        {
            _limitsFailures = 0;
        }

        Answer(round);
        BeginLimits();
    }

    // Who waited has been told, and undoes what it wanted. For the others it is tried again, since a limit that should hold does not.
    private void RetryLimits()
    {
        if (_record is { Vmm: not null, VmEnded: false } && _removal is null && ++_limitsFailures <= MostRetries)
        {
            Timers.StartSingleTimer(nameof(LimitsRetry), new LimitsRetry(), LimitsRetryPause);
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

    private sealed record OnlineCall;

    private sealed record LimitsOverdue;

    private sealed record LimitsRetry;
}
