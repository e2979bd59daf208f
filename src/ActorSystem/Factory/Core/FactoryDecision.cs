using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>The decisions of the factory.</summary>
internal static class FactoryDecision
{
    /// <summary>The initial state.</summary>
    public static FactoryState Initial(FactorySettings settings) => new()
    {
        Template = settings.EnableTemplate ? TemplateLife.Unknown : new TemplateLife.Off(),
        Pool = new PoolGoal(settings.PoolMinimum),
    };

    /// <summary>Decides on an input: a pure function. News of an unknown VM or sandbox changes nothing.</summary>
    public static FactoryStep On(FactoryState state, FactoryInput input, FactoryContext context)
    {
        var turn = new FactoryTurn(state, context);
        switch (input)
        {
            case FactoryInput.Begun:
                turn.Do(new FactoryEffect.LookAtHost());
                break;
            case FactoryInput.Request request:
                turn.Enqueue(request.Command, request.Requester);
                break;
            case FactoryInput.RequesterGone gone:
                turn.EndGranted(gone.Sandbox);
                turn.EndBoot(gone.Sandbox);
                break;
            case FactoryInput.BootOver over:
                turn.EndBoot(over.Sandbox);
                break;
            case FactoryInput.Taken taken:
                turn.LetGo(taken.Vm);
                break;
            case FactoryInput.GivenBack given:
                turn.TakeBack(given.Vm);
                break;
            case FactoryInput.Describe { Command: var command } describe:
                turn.Reply(describe.Requester, context.Direct.Describe(command.Identity, command.Vcpus, command.MemoryMib) switch
                {
                    VmConfig config => new VmDescribed(config),
                    var failure => failure,
                });
                break;
            case FactoryInput.Status status:
                turn.Do(new FactoryEffect.TellStatus(StatusOf(state, context), status.Requester));
                break;
            case FactoryInput.Init init:
                turn.BeginInit(init.KnownStep, init.Requester);
                break;
            case FactoryInput.Destroy destroy:
                turn.BeginDestroying(destroy.Requester);
                break;
            case FactoryInput.EndPool end:
                turn.Leave(end.Requester);
                break;
            case FactoryInput.Elapsed elapsed:
                OnElapsed(turn, elapsed.Timer);
                break;
            default:
                OnOutside(turn, input);
                break;
        }

        return turn.ToStep();
    }

    // News from the factory's own actors and effects.
    private static void OnOutside(FactoryTurn turn, FactoryInput input)
    {
        switch (input)
        {
            case FactoryInput.HostSeen seen:
                turn.OnHostSeen(seen.Look);
                break;
            case FactoryInput.OrphanDelayed delayed:
                turn.OnOrphanTried(delayed.Vm, isGone: false);
                break;
            case FactoryInput.OrphanGone gone:
                turn.OnOrphanTried(gone.Vm, isGone: true);
                break;
            case FactoryInput.TemplateChanged changed:
                turn.OnTemplateChanged(changed.View);
                break;
            case FactoryInput.TemplateActorStopped:
                turn.State = turn.State with { HasTemplateActor = false };
                turn.OnTemplateChanged(new TemplateView(TemplateState.Failed, "", "its actor failed", null, []));
                break;
            case FactoryInput.TemplateSeen seen:
                turn.OnTemplateSeen(seen);
                break;
            case FactoryInput.VmHeld held:
                turn.Hold(held.Config, held.Process);
                break;
            case FactoryInput.VmLost lost:
                turn.Lose(lost);
                break;
            case FactoryInput.VmActorStopped stopped:
                turn.Lose(new FactoryInput.VmLost(stopped.Vm, "its actor failed", IsLeft: true));
                break;
        }
    }

    private static void OnElapsed(FactoryTurn turn, FactoryTimer timer)
    {
        switch (timer)
        {
            case FactoryTimer.QueueOverdue overdue:
                turn.GiveUp(overdue.Sandbox);
                break;
            case FactoryTimer.VmLasted lasted:
                turn.OnLasted(lasted.Vm);
                break;
            case FactoryTimer.Refill:
                turn.EndRefillPause();
                turn.Serve();
                break;
            case FactoryTimer.PoolTick:
                turn.Shrink();
                break;
            case FactoryTimer.MakeAgain:
                turn.OnMakingDue();
                break;
            case FactoryTimer.DestroyOverdue:
                turn.OnDestroyOverdue();
                break;
        }
    }

    private static FactoryStatus StatusOf(FactoryState state, FactoryContext context) => new(
        state.Template.View,
        context.TemplateFolder,
        state.PoolReady,
        state.PoolBooting,
        state.Pool.Target,
        context.Settings.PoolMinimum,
        context.Settings.PoolMaximum,
        state.AllBoots,
        context.Settings.ConcurrentBoots,
        state.Waiting.Count,
        state.Counts,
        SharedMemory.None) { PoolProblem = state.PoolReady < state.Pool.Target ? state.Pool.Refills.Cause : "" };
}
