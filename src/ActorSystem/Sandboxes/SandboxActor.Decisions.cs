using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// The shell around the core: an input is decided on, the events are persisted, then the state is taken, the effects are carried out and the replies
// sent. The next input waits until that is done.
internal sealed partial class SandboxActor
{
    private readonly Dictionary<RequesterId, (IActorRef Address, object Reply)> _requesters = [];
    private readonly Queue<Input> _inputs = new();
    private EffectRunner? _runner;
    private int _requests;
    private Step? _pending;

    // Also those that are just being recorded.
    private IEnumerable<Removal> Removals => (_pending?.State ?? _state).Operations.Values.Concat(_state.Operations.Values).OfType<Removal>();

    private EffectRunner Runner => _runner ??= new EffectRunner(Self, Timers, this, _services.Settings.Vm.QemuPath);

    private bool IsBeingRemoved => (_pending?.State ?? _state).Operations.Values.Any(operation => operation is RemoveSandbox { IsUnderWay: true });

    IActorRef IResourceActors.Resource(ResourceKind kind) => Child(kind);

    IActorRef IResourceActors.Container(string id) => _containers.GetValueOrDefault(id) ?? ActorRefs.Nobody;

    void IResourceActors.RemovePoolGroup(Guid vm, IActorRef requester) => RemovePoolGroup(vm, requester);

    private void Decide(Input input)
    {
        if (_pending is not null)
        {
            _inputs.Enqueue(input);
            return;
        }

        var before = _state.Record;
        var step = _pending = Sandbox.On(_state, input, Seen());
        Write(step.Events, () => Take(step, before));
    }

    private void Take(Step step, SandboxRecord before)
    {
        // What else was recorded meanwhile stays.
        _state = step.State with { Record = _state.Record };
        foreach (var remark in step.Remarks)
        {
            _log.Log(remark.IsError ? LogLevel.ErrorLevel : LogLevel.WarningLevel, null, "{0}", remark.Text);
        }

        if (step.Events.Length > 0)
        {
            Report();
            Follow(step.Events, before);
        }

        foreach (var effect in step.Effects)
        {
            CarryOut(effect);
        }

        Send(step.Replies);
        _pending = null;
        if (_inputs.TryDequeue(out var next))
        {
            Decide(next);
        }
    }

    // What the rest of this actor does when the core has recorded something.
    private void Follow(ImmutableArray<Google.Protobuf.IMessage> events, SandboxRecord before)
    {
        var exits = events.OfType<ContainerExited>().ToArray();
        foreach (var exit in exits)
        {
            TellExit(exit);
        }

        foreach (var id in before.Containers.Keys.Except(_state.Record.Containers.Keys))
        {
            Forget(id);
        }

        if (_state.Record.Deleted)
        {
            Context.Parent.Tell(new SandboxGone(_registration.Uuid));
            Become(Leaving);
            DeleteMessages(long.MaxValue);
        }
        else if (exits.Length > 0)
        {
            OnContainerEnded();
        }
        else if (events.Any(e => e is ContainerDeleted || (e is ContainerDeleteBegun begun && before.Containers[begun.Id].Status == ContainerStatus.Creating)))
        {
            ApplyLimits();
        }
    }

    // Those that are left when this actor stops: one that was to hear of a failure hears of it.
    private void AnswerRequesters(string why)
    {
        foreach (var (address, reply) in _requesters.Values)
        {
            address.Tell(reply as Failure ?? new Failure(FailureCode.Unavailable, why));
        }
    }

    private void Send(ImmutableArray<(RequesterId To, object Reply)> replies)
    {
        foreach (var (to, reply) in replies)
        {
            if (_requesters.Remove(to, out var requester))
            {
                requester.Address.Tell(reply);
            }
        }
    }

    private void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case AwaitedEffect awaited:
                _services.CrashPoints.Pass();
                Runner.Run(awaited);
                break;
            case Effect.AbandonLimits:
                AbortLimits(new Failure(FailureCode.Unavailable, "its sandbox is being removed"));
                break;
            case Effect.TellVmEnd ended:
                OnVmmDied(ended.Reason);
                break;
            case Effect.GiveBackVm:
                GiveBackVm();
                break;
            case Effect.LeaveAgent:
                StopChild(ResourceKind.Agent);
                _agentConnected = false;
                break;
        }
    }

    private WaitingRequester? Waiting(IActorRef requester, object reply)
    {
        if (requester.IsNobody())
        {
            return null;
        }

        var id = new RequesterId(++_requests);
        _requesters[id] = (requester, reply);
        return new WaitingRequester(id, reply);
    }

    private SandboxContext Seen() => new(Deadlines, DateTimeOffset.UtcNow, new Outside
    {
        AgentConnected = _agentConnected,
        HoldsVm = HoldsVmm,
        VmUuids = VmUuids,
        PoolGroup = _poolGroupGone ? null : PoolUuid,
        TakesUnmarkedCgroups = _life == SandboxLife.Unread && !_state.Record.Exists && _note is null,
        Attended = [.. _containers.Keys],
        StandInsGone = [.. _standInsGone],
    });
}
