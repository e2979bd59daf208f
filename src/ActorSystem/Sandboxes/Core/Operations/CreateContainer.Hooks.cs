namespace KataActors.Runtime.Sandboxes.Core.Operations;

// The hooks of a creation. Its caller runs them when it is told to, while the other parts go on, and comes back after them. The caller's end is seen by that of
// the stand-in, which waits for the caller.
internal sealed partial record CreateContainer
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromSeconds(1);

    /// <summary>The requester that has come back after the hooks, and its reply; null before, and without hooks.</summary>
    public WaitingRequester? Finisher { get; private init; }

    private bool AwaitsHooks { get; init; }

    // The next look whether the caller is there.
    private EffectId? Look { get; init; }

    private TimeSpan HooksLimit => AwaitsHooks ? Spec.Hooks!.CreationLimit : TimeSpan.Zero;

    /// <summary>Whether it waits for these hooks.</summary>
    public bool AwaitsHooksOf(HooksRan ran) => AwaitsHooks && Container == ran.Container && Command.Container.RequestId.Equals(ran.RequestId);

    private CreateContainer BeginHooks(Turn turn)
    {
        if (Spec.Hooks is not { HasCreation: true })
        {
            return this;
        }

        turn.Reply(Command.Waiting.Id, new SandboxCommands.Created { HooksDue = true });
        turn.Do(new Effect.StepBegan(Command.Waiting.Id, CreationSteps.Hooks));
        return (this with { AwaitsHooks = true }).LookLater(turn);
    }

    // Also after a failure: its cause is kept for the caller.
    private Operation? OnHooks(Input input, Turn turn) => input switch
    {
        HooksRan ran => OnRan(ran, turn),
        Overdue { Id: var id } when id == Look => Seek(turn),
        Done { Reply: StandInSeen { Runs: true } } done when done.Id == Look => LookLater(turn),
        Done { Reply: StandInSeen } done when done.Id == Look => GiveUp(turn, new Failure(FailureCode.Cancelled, "its stand-in ended while its hooks ran")),
        Overdue { Id: var id } when id == Timer => GiveUp(turn, Failure!),
        CancelCreation cancel => (this with { Deleters = Deleters.Add(cancel.Waiting) }).GiveUp(turn, Failure!),
        Changed when turn.Record.Deleting && !MakesSandbox => GiveUp(turn, Failure!),
        _ => this,
    };

    private Operation? OnRan(HooksRan ran, Turn turn)
    {
        turn.Do(new Effect.StepEnded(Command.Waiting.Id, CreationSteps.Hooks));
        var next = this with { AwaitsHooks = false, Finisher = ran.Waiting };
        return Failure is not null
            ? next.Undo(turn)
            : next.Limit(turn, MakesSandbox && !turn.Outside.AgentConnected ? turn.Deadlines.Queue : TimeSpan.Zero).Advance(turn);
    }

    private CreateContainer LookLater(Turn turn)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(new AwaitedEffect.Pause(id, s_lookInterval));
        return this with { Serial = Serial + 1, Look = id };
    }

    private CreateContainer Seek(Turn turn)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(new AwaitedEffect.SeekStandIn(id, Command.Container.StandIn, Backstop));
        return this with { Serial = Serial + 1, Look = id };
    }

    // Without waiting for the hooks. The first cause counts.
    private Operation? GiveUp(Turn turn, Failure failure)
    {
        var next = this with { AwaitsHooks = false };
        return Failure is null ? next.Fail(turn, failure) : next.Undo(turn);
    }

    private void Answer(Turn turn, Failure? failure = null)
    {
        turn.Reply(Command.Waiting.Id, failure ?? Command.Waiting.Reply);
        if (Finisher is { } finisher)
        {
            turn.Reply(finisher.Id, failure ?? finisher.Reply);
        }
    }
}
