using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// The destruction of the factory: the pool ends, then the template is removed, once no clone is starting from it. Nothing is granted meanwhile.
/// </summary>
internal static class Destruction
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    /// <summary>Begins a destruction, or lets the requester join the one under way.</summary>
    public static void BeginDestroying(this FactoryTurn turn, Requester requester)
    {
        if (turn.State.Destroyers is { } destroyers)
        {
            turn.State = turn.State with { Destroyers = destroyers.Add(requester) };
            return;
        }

        turn.State = turn.State with { Destroyers = [requester] };
        turn.EmptyPool();
        turn.Do(new FactoryEffect.StartTimer(new FactoryTimer.DestroyOverdue(), s_deadline));
        turn.RemoveTemplateWhenQuiet();
    }

    /// <summary>Removes the template once neither the pool nor a clone needs it, and its actor is at rest.</summary>
    public static void RemoveTemplateWhenQuiet(this FactoryTurn turn)
    {
        if (!turn.State.IsBeingDestroyed || turn.State.ClonesStarting > 0 || !turn.State.IsPoolEmpty)
        {
            return;
        }

        if (turn.State.Template is TemplateLife.Off)
        {
            turn.EndDestroying(new FactoryDestroyed(false));
        }
        else if (!turn.State.Template.IsChanging)
        {
            var (view, isTold) = (turn.State.Template.View, turn.State.HasTemplateActor);
            turn.Tell(new TemplateProtocol.Remove());
            if (isTold)
            {
                turn.State = turn.State with { Template = new TemplateLife.Removing(view, Existed: view.Manifest is not null) };
            }
        }
    }

    /// <summary>Continues or ends a destruction after a change of the template.</summary>
    /// <param name="turn">The decision.</param>
    /// <param name="before">The template's state before.</param>
    /// <param name="view">The report of its actor.</param>
    public static void GoOnDestroying(this FactoryTurn turn, TemplateLife before, TemplateView view)
    {
        if (!turn.State.IsBeingDestroyed)
        {
            return;
        }

        if (view.State == TemplateState.Failed && !turn.State.HasTemplateActor)
        {
            turn.EndDestroying(NotRemoved(view));
        }
        else if (before is not TemplateLife.Removing removing)
        {
            turn.RemoveTemplateWhenQuiet();
        }
        else if (!view.IsChanging)
        {
            turn.EndDestroying(view is { Manifest: null, State: not TemplateState.Failed } ? new FactoryDestroyed(removing.Existed) : NotRemoved(view));
        }
    }

    /// <summary>The deadline has passed. Work of the template's actor is awaited: it has a deadline of its own.</summary>
    public static void OnDestroyOverdue(this FactoryTurn turn)
    {
        if (turn.State is { IsBeingDestroyed: true, Template.IsChanging: false })
        {
            var left = turn.State.IsPoolEmpty
                ? $"{turn.State.ClonesStarting} VMs are just being cloned from the template"
                : $"{turn.State.Pooled.Count()} VMs of the pool have not ended";
            turn.EndDestroying(new Failure(FailureCode.FailedPrecondition, $"cannot destroy the factory within {s_deadline.TotalSeconds:0} s: {left}"));
        }
    }

    private static Failure NotRemoved(TemplateView view) => new(FailureCode.Internal, $"the template could not be removed: {view.Problem}");

    private static void EndDestroying(this FactoryTurn turn, object reply)
    {
        foreach (var requester in turn.State.Destroyers!)
        {
            turn.Reply(requester, reply);
        }

        turn.State = turn.State with { Destroyers = null };
        turn.Do(new FactoryEffect.CancelTimer(new FactoryTimer.DestroyOverdue()));
        turn.Serve();
    }
}
