using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>Decides when the template is looked at, made, and made again.</summary>
internal static class Templates
{
    /// <summary>Starts the template's actor, which begins with a check.</summary>
    public static void StartTemplateActor(this FactoryTurn turn)
    {
        turn.State = turn.State with { HasTemplateActor = true };
        turn.Do(new FactoryEffect.StartTemplateActor());
    }

    /// <summary>Provides the missing condition of an offer.</summary>
    public static void Provide(this FactoryTurn turn, TemplateNeed need)
    {
        switch (need, turn.State.Template)
        {
            case (TemplateNeed.Look, TemplateLife.Ready { Look: null } ready):
                var look = turn.State.Looks + 1;
                turn.State = turn.State with { Looks = look, Template = ready with { Look = look } };
                turn.Do(new FactoryEffect.LookAtTemplate(look, ready.View.Stamps));
                break;
            case (TemplateNeed.Making, TemplateLife.None):
                turn.Tell(new TemplateProtocol.Make());
                break;
        }
    }

    /// <summary>
    /// The result of a look. It counts for this decision only, that is for VMs granted at once; a look at an earlier template is ignored.
    /// </summary>
    public static void OnTemplateSeen(this FactoryTurn turn, FactoryInput.TemplateSeen seen)
    {
        if (turn.State.Template is not TemplateLife.Ready ready || ready.Look != seen.Look)
        {
            return;
        }

        turn.State = turn.State with { Template = ready with { Look = null } };
        if (seen.IsUnchanged)
        {
            turn.IsTemplateUnchanged = true;
            turn.Serve();
        }
        else if (turn.State is { Phase: FactoryPhase.Serving, IsBeingDestroyed: false })
        {
            turn.Tell(new TemplateProtocol.Check());
        }
    }

    /// <summary>A report of the template's actor.</summary>
    public static void OnTemplateChanged(this FactoryTurn turn, TemplateView view)
    {
        var before = turn.State.Template;
        turn.State = turn.State with { Template = before is TemplateLife.Removing removing && view.IsChanging ? removing with { View = view } : TemplateLife.Of(view) };
        if (view.State == TemplateState.Ready)
        {
            turn.State = turn.State with { Makings = turn.State.Makings.AfterSuccess(), IsNextMakingSet = false };
            turn.Do(new FactoryEffect.CancelTimer(new FactoryTimer.MakeAgain()));
        }
        else if (view.State == TemplateState.Failed)
        {
            turn.SetNextMaking(view.Problem);
        }

        turn.AnswerInits(view, isMade: before is TemplateLife.Making);
        turn.GoOnDestroying(before, view);
        turn.Serve();
    }

    /// <summary>The pause before the next attempt is over.</summary>
    public static void OnMakingDue(this FactoryTurn turn)
    {
        turn.State = turn.State with { IsNextMakingSet = false };
        if (turn.State.Template is TemplateLife.Failed)
        {
            turn.Tell(new TemplateProtocol.Check());
        }
    }

    /// <summary>A requester wants a template, or the news of its next step.</summary>
    public static void BeginInit(this FactoryTurn turn, string knownStep, Requester requester)
    {
        if (turn.State.Template is TemplateLife.Off)
        {
            turn.Reply(requester, new Failure(
                FailureCode.FailedPrecondition, "the template is not enabled: set kata-actors.factory.enable-template to \"on\""));
            return;
        }

        var isFirst = knownStep.Length == 0;
        turn.State = turn.State with
        {
            Pool = turn.State.Pool.AtLeast(turn.Context.Settings.PoolMinimum),
            ProgressRequests = turn.State.ProgressRequests.Add(new ProgressRequest(requester, knownStep)),
        };
        if (turn.State.Template is TemplateLife.None || (turn.State.Template is TemplateLife.Failed && isFirst))
        {
            turn.Tell(new TemplateProtocol.Make());
        }
        else
        {
            turn.AnswerInits(turn.State.Template.View, isMade: false);
        }

        if (isFirst)
        {
            // The cause of the pool's failures may have been removed by hand.
            turn.EndRefillPause();
            turn.Serve();
        }
    }

    /// <summary>Sends a command to the template's actor. A fresh actor begins with a check instead; its result decides.</summary>
    public static void Tell(this FactoryTurn turn, object command)
    {
        // No second command before the actor's report.
        turn.State = turn.State with { Template = new TemplateLife.Checking(turn.State.Template.View) };
        if (turn.State.HasTemplateActor)
        {
            turn.Do(new FactoryEffect.TellTemplate(command));
        }
        else
        {
            turn.StartTemplateActor();
        }
    }

    private static void SetNextMaking(this FactoryTurn turn, string problem)
    {
        var makings = turn.State.Makings;
        if (turn.State.IsNextMakingSet)
        {
            return;
        }

        turn.State = turn.State with { Makings = makings.AfterFailure(problem), IsNextMakingSet = true };
        turn.Do(new FactoryEffect.StartTimer(new FactoryTimer.MakeAgain(), makings.Next));
        if (problem != makings.Cause)
        {
            turn.Complain($"the template could not be made: {problem}");
        }
    }

    private static void AnswerInits(this FactoryTurn turn, TemplateView view, bool isMade)
    {
        if (view.State == TemplateState.Absent && !turn.State.ProgressRequests.IsEmpty)
        {
            // The template was being checked when the command came, and is not usable.
            turn.Tell(new TemplateProtocol.Make());
            return;
        }

        object? end = view.State switch
        {
            TemplateState.Ready => new TemplateProgress("the template is ready", Done: true, isMade),
            TemplateState.Failed => new Failure(FailureCode.Internal, $"the template could not be made: {view.Problem}"),
            _ => null,
        };
        foreach (var request in turn.State.ProgressRequests.Where(request => end is not null || (view.Step.Length > 0 && request.KnownStep != view.Step)))
        {
            turn.State = turn.State with { ProgressRequests = turn.State.ProgressRequests.Remove(request) };
            turn.Reply(request.Requester, end ?? new TemplateProgress(view.Step, Done: false, isMade));
        }
    }
}
