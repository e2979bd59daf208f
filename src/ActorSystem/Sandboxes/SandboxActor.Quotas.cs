using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Sandboxes;

// Which quotas the guest enforces, as a part of each round of limits.
internal sealed partial class SandboxActor
{
    private CpuLimit? HostTarget => CpuLimits.ForKernel(_state.Record, _services.Settings.Cgroups);

    // The record may have moved on since the host's limit was asked for; another round follows then, which may have to set what is lifted here. What the groups
    // have answered may belong to a question of an earlier round. So both must hold the container.
    private ContainerRecord? NextToLift(LimitsRound round) => round is { InForce: { } held, Target: { } target }
        ? _quotas.NextToLift(_state.Record, held.IsMoreThan(target) ? held : target)
        : null;

    private void SetQuota(LimitsRound round, ContainerRecord container)
    {
        if (!_agentConnected)
        {
            KeepLimit(round, container.Key.Id, new Failure(FailureCode.Unavailable, "the agent does not answer"));
        }
        else if (_quotas.IsAsked(container.Key.Id))
        {
            // The answer to what was asked about this container leads on.
            round.Step = LimitsStep.Quota;
        }
        else
        {
            AskQuota(round, container, GuestQuotas.Of(container.Spec.Linux?.Resources));
        }
    }

    private void AskQuota(LimitsRound round, ContainerRecord container, CpuLimit? limit)
    {
        var call = new QuotaCall(round, container.Key.Id, limit);
        round.Step = LimitsStep.Quota;
        _quotas.Ask(call.Id, call);
        InvokeAgent(
            call,
            GuestSpec.QuotaRequest(GuestQuotas.Of(container.Spec.Linux?.Resources)!.Value, enforced: limit is not null, GuestPaths.IdOf(container.Key)),
            Deadlines.AgentCall);
    }

    private void OnQuotaAnswered(QuotaCall call, Failure? failure)
    {
        // One that has ended there, or is gone, has nothing to be held any more.
        var failed = failure is { Code: not (FailureCode.NotFound or FailureCode.FailedPrecondition) };
        var isNew = _quotas.Answer(call.Id, call, failed, call.Limit);
        ReleaseDelayed();
        if (!isNew || !ReferenceEquals(call.Round, _limits))
        {
            ContinueAfterQuota();
        }
        else if (!failed)
        {
            Continue(call.Round);
        }
        else if (call.Limit is null)
        {
            call.Round.LiftFailed = true;
            call.Round.Warnings.Add($"the sandbox holds its limits, but the quota of container \"{call.Id}\" holds in the guest too, which makes it less: {failure!.Message}");
            Continue(call.Round);
        }
        else
        {
            KeepLimit(call.Round, call.Id, failure!);
        }
    }

    // Whatever its actor said in its last moments, or had not read: nobody else answers these calls.
    private void AnswerForLostAgent()
    {
        foreach (var call in _quotas.Asked)
        {
            Self.Tell(new AgentProtocol.InvokeFailed(call, new Failure(FailureCode.Unavailable, "the agent's actor failed meanwhile")));
        }
    }

    // Whether the guest enforces what a round wants may have been settled by another call.
    private void ContinueAfterQuota()
    {
        if (_limits is { Step: LimitsStep.Quota } round)
        {
            Continue(round);
        }
    }

    private void KeepLimit(LimitsRound round, string id, Failure failure)
    {
        round.KeepsLimit = true;
        round.Failure ??= failure with { Message = $"the host's cpu limit stays as it is, since the guest cannot be told to enforce the one of container \"{id}\": {failure.Message}" };
        Continue(round);
    }

    // Nobody waits for it: until then the container gets less, never more.
    private void LiftQuotasLater()
    {
        if (_cgroup?.Limit is not null && _quotas.NextToLift(_state.Record, HostTarget) is not null)
        {
            ApplyLimits();
        }
    }
}
