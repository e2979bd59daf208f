using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>The requests for VMs: a bounded number of boots at a time, in order of arrival. Each request has a deadline.</summary>
internal static class Requests
{
    private const int MostWaiting = 10_000;

    /// <summary>Takes a request.</summary>
    public static void Enqueue(this FactoryTurn turn, RequestVm request, Requester requester)
    {
        var waiting = new WaitingRequest(request, requester);
        if (turn.State.Waiting.Count >= MostWaiting)
        {
            turn.Reply(requester, new Failure(FailureCode.ResourceExhausted, $"{turn.State.Waiting.Count} requests for a VM wait already"));
            return;
        }

        // The new request replaces the sandbox's earlier boot and request.
        turn.Forget(waiting.Sandbox);
        turn.Do(new FactoryEffect.Watch(requester, waiting.Sandbox));
        turn.Do(new FactoryEffect.StartTimer(new FactoryTimer.QueueOverdue(waiting.Sandbox), turn.Context.QueueDeadline));
        turn.State = turn.State with { Waiting = turn.State.Waiting.Add(waiting) };
        turn.Serve();
    }

    /// <summary>Serves all requests that can be served now, in order; then the pool, when none waits.</summary>
    public static void Serve(this FactoryTurn turn)
    {
        if (turn.State is not { Phase: FactoryPhase.Serving, IsBeingDestroyed: false })
        {
            return;
        }

        var strategy = turn.Context.Strategy;
        foreach (var waiting in turn.State.Waiting)
        {
            switch (strategy.Offer(waiting.Request, turn.FactsWith(turn.State.BootsAhead)))
            {
                case VmOffer.Grant grant:
                    turn.Grant(waiting, grant.Vm);
                    break;
                case VmOffer.Refusal refusal:
                    turn.Remove(waiting);
                    turn.Reply(waiting.Requester, refusal.Failure);
                    break;
                case VmOffer.Later later:
                    turn.Provide(later.Need);
                    break;
            }
        }

        if (turn.State.Waiting.IsEmpty)
        {
            turn.FillPool();
        }
    }

    /// <summary>The facts of an offer, with this many boots ahead of it.</summary>
    public static OfferFacts FactsWith(this FactoryTurn turn, int boots) =>
        new(turn.State.Vms, turn.State.Template, turn.IsTemplateUnchanged, MayBoot: boots < turn.Context.Settings.ConcurrentBoots);

    /// <summary>The boot of a granted VM is over, or its requester has stopped: another boot may begin.</summary>
    public static void EndBoot(this FactoryTurn turn, Guid sandbox)
    {
        turn.Forget(sandbox);
        turn.RemoveTemplateWhenQuiet();
        turn.Serve();
    }

    /// <summary>The deadline of a request has passed.</summary>
    public static void GiveUp(this FactoryTurn turn, Guid sandbox)
    {
        if (turn.State.Waiting.Find(waiting => waiting.Sandbox == sandbox) is not { } late)
        {
            return;
        }

        turn.Remove(late);
        var why = turn.State.Template is { IsChanging: true, View: var view } ? $"the template is not ready ({view.Step})" : $"{turn.State.AllBoots} VMs are booting";
        turn.Reply(late.Requester, new Failure(
            FailureCode.DeadlineExceeded, $"no VM could be had within {turn.Context.QueueDeadline.TotalSeconds:0.#} s: {why}"));
    }

    private static void Grant(this FactoryTurn turn, WaitingRequest waiting, VmGranted granted)
    {
        turn.Do(new FactoryEffect.CancelTimer(new FactoryTimer.QueueOverdue(waiting.Sandbox)));
        turn.State = turn.State with { Waiting = turn.State.Waiting.Remove(waiting) };
        if (granted.Running is null)
        {
            turn.State = turn.State with { Boots = turn.State.Boots.SetItem(waiting.Sandbox, new Boot(granted.Source, waiting.Requester)) };
        }
        else
        {
            turn.HandOver(granted.Config.Uuid, waiting);
        }

        turn.Count(waiting.Request, granted.Source);
        turn.Reply(waiting.Requester, granted);
    }

    private static void Count(this FactoryTurn turn, RequestVm request, string source)
    {
        var isUsual = turn.Context.IsUsual(request);
        var failure = request.CloneFailure ?? (turn.State.Template is TemplateLife.Failed failed && isUsual ? $"there is no template: {failed.View.Problem}" : null);
        turn.State = turn.State with { Counts = turn.State.Counts.After(source, failure, turn.Context.Settings.EnableTemplate || turn.Context.HasPool) };
        if (source == VmSources.Cold && failure is not null)
        {
            turn.Warn($"sandbox {request.Identity.HostName} boots cold: {failure}");
        }

        if (source != VmSources.Pool && request.CloneFailure is null && isUsual)
        {
            turn.State = turn.State with { Pool = turn.State.Pool.AfterMiss(turn.Context.Settings) };
        }
    }

    private static void Forget(this FactoryTurn turn, Guid sandbox)
    {
        if (turn.State.Boots.TryGetValue(sandbox, out var boot))
        {
            turn.State = turn.State with { Boots = turn.State.Boots.Remove(sandbox) };
            turn.Do(new FactoryEffect.Unwatch(boot.Requester));
        }

        if (turn.State.Waiting.Find(waiting => waiting.Sandbox == sandbox) is { } found)
        {
            turn.Remove(found);
        }
    }

    private static void Remove(this FactoryTurn turn, WaitingRequest waiting)
    {
        turn.State = turn.State with { Waiting = turn.State.Waiting.Remove(waiting) };
        turn.Do(new FactoryEffect.CancelTimer(new FactoryTimer.QueueOverdue(waiting.Sandbox)));
        turn.Do(new FactoryEffect.Unwatch(waiting.Requester));
    }
}
