namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>The wait of a creation for the limits that include its container.</summary>
internal sealed record AwaitLimits(OperationId Id, string Container) : Operation(Id)
{
    private int Wish { get; init; }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn) => this with { Wish = LimitRounds.Want(turn) };

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn)
    {
        switch (input)
        {
            case Changed when turn.Record.Containers.GetValueOrDefault(Container) is not { Status: ContainerStatus.Creating, Deleting: false }:
                return null;
            case LimitsApplied applied when applied.Wish >= Wish:
                turn.Do(new Effect.TellLimits(Container, applied.Failure));
                return null;
            default:
                return this;
        }
    }

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        // Its creation ends with the sandbox.
    }
}
