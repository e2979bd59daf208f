using System.Collections.Immutable;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>An operation on one container, whose effects are awaited one after the other, and which several requesters may share.</summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Container">The container.</param>
/// <param name="Waiting">The requesters, and their replies on success.</param>
internal abstract record ContainerOperation(OperationId Id, string Container, ImmutableArray<WaitingRequester> Waiting) : Operation(Id)
{
    /// <summary>The effect that is awaited.</summary>
    protected EffectId Current { get; private init; }

    /// <summary>Gives each requester its reply.</summary>
    protected void Succeed(Turn turn)
    {
        foreach (var waiting in Waiting)
        {
            turn.Reply(waiting.Id, waiting.Reply);
        }
    }

    /// <summary>Gives all requesters the same reply.</summary>
    protected void Reply(Turn turn, Failure failure)
    {
        foreach (var waiting in Waiting)
        {
            turn.Reply(waiting.Id, failure);
        }
    }

    /// <summary>Has an effect carried out.</summary>
    /// <param name="operation">This operation.</param>
    /// <param name="turn">The decision.</param>
    /// <param name="make">Makes the effect of that id.</param>
    protected static T Await<T>(T operation, Turn turn, Func<EffectId, AwaitedEffect> make)
        where T : ContainerOperation
    {
        var id = new EffectId(operation.Id, operation.Serial);
        turn.Do(make(id));
        return operation with { Serial = operation.Serial + 1, Current = id };
    }
}
