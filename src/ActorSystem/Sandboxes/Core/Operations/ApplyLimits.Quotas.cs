using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

// The CPU quotas in the guest, as a part of each round.
internal sealed partial record ApplyLimits
{
    private bool LiftFailed { get; init; }

    // The awaited change in the guest: its operation (default for any of the container), the container, and the quota after it.
    private (OperationId By, string Container, CpuLimit? Limit) Call { get; init; }

    private static CpuLimit? HostTarget(Turn turn) => CpuLimits.ForKernel(turn.Record, turn.Settings.Cgroups);

    // The record may have changed since the host's limit was requested; the next round may then have to set a quota that is lifted here. The limit in
    // force may still be that of an earlier round. So a quota is lifted only when both limits cover it.
    private ContainerRecord? NextToLift(Turn turn) => InForce is { } held && Target is { } target
        ? turn.Seen.Quotas.NextToLift(turn.Record, held.IsMoreThan(target) ? held : target, container => SetGuestLimits.IsUnderWay(container, turn))
        : null;

    private Operation? SetQuota(Turn turn, ContainerRecord container)
    {
        var id = container.Key.Id;
        if (!turn.Outside.AgentConnected)
        {
            return KeepLimit(turn, id, new Failure(FailureCode.Unavailable, "the agent does not answer"));
        }

        // The end of a change under way continues the round.
        return SetGuestLimits.IsUnderWay(id, turn)
            ? this with { Stage = LimitsStage.Quota, Current = default, Call = (default, id, null) }
            : AskQuota(turn, container, GuestQuotas.Of(container.Spec.Linux?.Resources));
    }

    private ApplyLimits AskQuota(Turn turn, ContainerRecord container, CpuLimit? limit)
    {
        var request = GuestSpec.QuotaRequest(GuestQuotas.Of(container.Spec.Linux?.Resources)!.Value, enforced: limit is not null, GuestPaths.IdOf(container.Key));
        var by = turn.Begin(id => new SetGuestLimits(id, Id, container.Key.Id, request, limit));
        return this with { Stage = LimitsStage.Quota, Current = default, Call = (by, container.Key.Id, limit) };
    }

    private Operation? OnQuota(Turn turn, GuestLimitsSet set)
    {
        if (set.By != Call.By || set.Failure is null)
        {
            return Continue(turn);
        }

        // A container that has ended in the guest, or is gone, has no quota to enforce.
        if (set.Failure.Code is FailureCode.NotFound or FailureCode.FailedPrecondition)
        {
            turn.Observe(seen => seen with { Quotas = seen.Quotas.Know(Call.Container, Call.Limit) });
            return Continue(turn);
        }

        return Call.Limit is not null
            ? KeepLimit(turn, Call.Container, set.Failure)
            : (this with { LiftFailed = true })
                .Warn($"the sandbox holds its limits, but the quota of container \"{Call.Container}\" holds in the guest too, which makes it less: {set.Failure.Message}")
                .Continue(turn);
    }

    private Operation? KeepLimit(Turn turn, string id, Failure failure) => (this with { KeepsLimit = true })
        .Fail(failure with { Message = $"the host's cpu limit stays as it is, since the guest cannot be told to enforce the one of container \"{id}\": {failure.Message}" })
        .Continue(turn);
}
