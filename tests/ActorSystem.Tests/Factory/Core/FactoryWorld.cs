using KataActors.Linux;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>
/// The world of a factory's effects: the actors of its VMs, the template's actor and files, the teardowns and the timers. The next event is drawn, in
/// any order, and any work may fail. Each effect is checked: it must be possible in this world.
/// </summary>
internal sealed class FactoryWorld(Random random)
{
    private readonly Dictionary<Guid, bool> _actors = []; // By VM of the pool: whether it is to end.
    private readonly List<Guid> _tornDown = [];
    private readonly List<FactoryEffect.LookAtTemplate> _looks = [];
    private readonly HashSet<FactoryTimer> _timers = [];
    private readonly Queue<TemplateView> _views = new();
    private TimeSpan _lastMakingPause;
    private bool _hasTemplateActor;

    /// <summary>The VMs booted for the pool that have neither ended nor been taken over by a sandbox.</summary>
    public HashSet<Guid> Live { get; } = [];

    /// <summary>The pool VMs whose actors have not released them.</summary>
    public int Pooled => _actors.Count;

    /// <summary>Whether the template's actor was told to remove it, and has not reported the end.</summary>
    public bool IsTemplateBeingRemoved { get; private set; }

    /// <summary>The requesters that are watched.</summary>
    public List<Requester> Watched { get; } = [];

    /// <summary>Carries out an effect; its end is drawn later.</summary>
    public void CarryOut(FactoryEffect effect)
    {
        switch (effect)
        {
            case FactoryEffect.BootVm boot:
                Assert.True(Live.Add(boot.Config.Uuid), "a VM is booted twice");
                _actors.Add(boot.Config.Uuid, false);
                break;
            case FactoryEffect.ReleaseVm release:
                Assert.True(_actors.Remove(release.Vm), "a VM without an actor was granted");
                break;
            case FactoryEffect.EndVm { Vm: var vm }:
                Assert.True(_actors.ContainsKey(vm), "a VM without an actor is told to end");
                _actors[vm] = true;
                break;
            case FactoryEffect.TearDown { Orphan.Vm: var orphan }:
                Assert.DoesNotContain(orphan, _tornDown);
                Assert.DoesNotContain(orphan, _actors.Keys);
                _tornDown.Add(orphan);
                break;
            case FactoryEffect.StartTemplateActor:
                Assert.False(_hasTemplateActor, "the template has two actors");
                _hasTemplateActor = true;
                Answer(checks: true);
                break;
            case FactoryEffect.TellTemplate tell:
                Assert.True(_hasTemplateActor && _views.Count == 0, "the template's actor is told something while it is at work");
                IsTemplateBeingRemoved = tell.Command is TemplateProtocol.Remove;
                Answer(checks: tell.Command is not TemplateProtocol.Make);
                break;
            case FactoryEffect.LookAtTemplate look:
                Assert.DoesNotContain(look.Look, _looks.Select(other => other.Look));
                _looks.Add(look);
                break;
            case FactoryEffect.StartTimer { Timer: FactoryTimer.MakeAgain } start:
                Assert.Equal(_lastMakingPause == default ? TimeSpan.FromMinutes(1) : Least(_lastMakingPause * 2, TimeSpan.FromMinutes(10)), start.Span);
                Assert.True(_timers.Add(start.Timer), "an attempt at the template is put off");
                _lastMakingPause = start.Span;
                break;
            case FactoryEffect.StartTimer start:
                _timers.Add(start.Timer);
                break;
            case FactoryEffect.CancelTimer cancel:
                _timers.Remove(cancel.Timer);
                break;
            case FactoryEffect.Watch watch:
                Watched.Add(watch.Requester);
                break;
            case FactoryEffect.Unwatch unwatch:
                Watched.Remove(unwatch.Requester);
                break;
        }
    }

    /// <summary>Draws the next event; null for none.</summary>
    /// <param name="isCalm">Whether only requested work ends, and only the deadlines of requests pass.</param>
    public FactoryInput? Next(bool isCalm)
    {
        List<Func<FactoryInput>> possible =
        [
            .. _actors.Where(actor => !isCalm || actor.Value).Select(actor => (Func<FactoryInput>)(() => HappenTo(actor.Key, actor.Value))),
            .. _tornDown.Select(vm => (Func<FactoryInput>)(() => TearDown(vm))),
            .. _looks.Select(look => (Func<FactoryInput>)(() => See(look))),
            .. _timers.Where(timer => !isCalm || timer is FactoryTimer.QueueOverdue).Select(timer => (Func<FactoryInput>)(() => Elapse(timer))),
        ];
        if (_views.Count > 0)
        {
            possible.Add(TellOfTemplate);
        }

        return possible.Count > 0 ? possible[random.Next(possible.Count)]() : null;
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    // The reports of the template's actor until it is at rest again.
    private void Answer(bool checks)
    {
        _views.Enqueue(FactoryDecider.View(checks ? TemplateState.Checking : TemplateState.Making));
        TemplateState[] ends = (checks, IsTemplateBeingRemoved) switch
        {
            (_, true) => [TemplateState.Absent, TemplateState.Absent, TemplateState.Failed],
            (true, _) => [TemplateState.Ready, TemplateState.Absent, TemplateState.Failed],
            _ => [TemplateState.Ready, TemplateState.Ready, TemplateState.Failed],
        };
        _views.Enqueue(FactoryDecider.View(ends[random.Next(ends.Length)], problem: "it is so"));
    }

    private FactoryInput TellOfTemplate()
    {
        if (random.Next(20) == 0)
        {
            _views.Clear();
            (_hasTemplateActor, IsTemplateBeingRemoved) = (false, false);
            return new FactoryInput.TemplateActorStopped();
        }

        var view = _views.Dequeue();
        IsTemplateBeingRemoved &= _views.Count > 0;
        _lastMakingPause = view.State == TemplateState.Ready ? default : _lastMakingPause;
        return new FactoryInput.TemplateChanged(view);
    }

    private FactoryInput HappenTo(Guid vm, bool ends)
    {
        if (random.Next(3) > (ends ? 1 : 0))
        {
            return new FactoryInput.VmHeld(FactoryDecider.Config(vm), new ProcessIdentity(1, 1)); // Perhaps once more: it changes nothing then.
        }

        _actors.Remove(vm);
        switch (random.Next(5))
        {
            case 0:
                return new FactoryInput.VmActorStopped(vm);
            case 1:
                return new FactoryInput.VmLost(vm, "it died", IsLeft: true);
            default:
                Live.Remove(vm);
                return new FactoryInput.VmLost(vm, "it died", IsLeft: false);
        }
    }

    private FactoryInput TearDown(Guid vm)
    {
        if (random.Next(3) == 0)
        {
            return new FactoryInput.OrphanDelayed(vm);
        }

        _tornDown.Remove(vm);
        Live.Remove(vm);
        return new FactoryInput.OrphanGone(vm);
    }

    private FactoryInput See(FactoryEffect.LookAtTemplate look)
    {
        _looks.Remove(look);
        return new FactoryInput.TemplateSeen(look.Look, IsUnchanged: random.Next(5) > 0);
    }

    private FactoryInput Elapse(FactoryTimer timer)
    {
        _ = timer is not FactoryTimer.PoolTick && _timers.Remove(timer);
        return new FactoryInput.Elapsed(timer);
    }
}
