using System.Collections.Immutable;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

// The failure of a creation, and its undo.
internal sealed partial record CreateContainer
{
    /// <summary>The cause of the failure; the undo begins when the call to the guest has ended. Null before a failure.</summary>
    public Failure? Failure { get; private init; }

    /// <summary>The requesters of the container's removal, until the undo begins.</summary>
    public ImmutableArray<WaitingRequester> Deleters { get; private init; } = [];

    private Operation? Fail(Turn turn, Failure failure)
    {
        turn.Warn($"container {Container} was not created: {failure.Message}");
        turn.Do(new Effect.ReleaseMounts(Command.Waiting.Id));
        var failed = this with { Failure = Refused(failure.Code, failure.Message) };
        var isCalled = ContainerCall is not null && !InGuest && !MakesSandbox && !turn.Record.VmEnded;
        return isCalled || AwaitsHooks ? failed : failed.Undo(turn);
    }

    private Operation? Undo(Turn turn)
    {
        var waiting = new WaitingRequester(Command.Waiting.Id, Failure!);
        if (MakesSandbox)
        {
            turn.Do(new Effect.EndBoot());
            Conflicts.Admit(new Remove(Container, IsWhole: true, Failure!.Message, waiting), turn);
        }
        else
        {
            Conflicts.Admit(new UndoCreation(Container, Failure!.Message, waiting), turn);
        }

        foreach (var deleter in Finisher is { } finisher ? Deleters.Insert(0, finisher with { Reply = Failure! }) : Deleters)
        {
            Conflicts.Admit(new Remove(Container, MakesSandbox, "", deleter), turn);
        }

        return null;
    }

    private static Failure Lost(ResourceLost lost) => new(FailureCode.Internal, $"the {lost.Actor} actor failed");

    private Failure Refused(FailureCode code, string why) => new(code, $"cannot create container \"{Container}\": {why}");
}
