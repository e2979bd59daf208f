using KataActors.Hypervisor;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>The end of a VM that cannot be trusted any more. It is repeated until the VM is gone.</summary>
internal sealed record EndVm(OperationId Id, string Reason) : Operation(Id)
{
    private static readonly TimeSpan s_retryPause = TimeSpan.FromSeconds(5);

    /// <summary>The effect under way: an attempt, or the pause after one.</summary>
    public EffectId Current { get; init; }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn) => turn.Outside.HoldsVm
        ? Await(turn, id => new AwaitedEffect.Ask(id, ResourceKind.Hypervisor, new HypervisorProtocol.Stop { IsUrgent = true }, Backstop))
        : Await(turn, id => new AwaitedEffect.EndVms(id, turn.Outside.VmUuids, Backstop));

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn)
    {
        switch (input)
        {
            case Changed when turn.Record.VmEnded:
                return null;
            case Done { Reply: HypervisorProtocol.Stopped or VmsEnded } done when done.Id == Current:
                News.Take(new VmDied(Reason), turn);
                return null;
            case Done { Reply: ResourceLost } done when done.Id == Current:
                return Rest(turn, "its actor has stopped");
            case Done { Reply: HypervisorFailure failed } done when done.Id == Current:
                return Rest(turn, failed.Failure.Message);
            case Done { Reply: Failure failed } done when done.Id == Current:
                return Rest(turn, failed.Message);
            case Overdue { Id: var id } when id == Current:
                return IsResting ? Begin(turn) : Rest(turn, $"it did not end within {Backstop.TotalSeconds:0} s");
            default:
                return this;
        }
    }

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        // EndVm has no requester.
    }

    private bool IsResting { get; init; }

    private EndVm Rest(Turn turn, string problem)
    {
        turn.Complain($"QEMU could not be stopped, and is stopped again: {problem}");
        return Await(turn, id => new AwaitedEffect.Pause(id, s_retryPause)) with { IsResting = true };
    }

    private EndVm Await(Turn turn, Func<EffectId, AwaitedEffect> make)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(make(id));
        return this with { Serial = Serial + 1, Current = id, IsResting = false };
    }
}
