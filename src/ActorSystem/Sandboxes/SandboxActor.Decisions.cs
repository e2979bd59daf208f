using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// The shell around the core: it lets the core decide on an input, persists the events, takes the state, carries out the effects and sends the
// replies. The next input waits until then.
internal sealed partial class SandboxActor
{
    private readonly Dictionary<RequesterId, (IActorRef Address, object Reply)> _requesters = [];
    private readonly Queue<Input> _inputs = new();
    private EffectRunner? _runner;
    private int _requests;
    private Step? _pending;

    private IEnumerable<Removal> Removals => Running.OfType<Removal>();

    private IEnumerable<CreateContainer> Creations => Running.OfType<CreateContainer>();

    // Including the operations of a step whose events are being persisted.
    private IEnumerable<Operation> Running => (_pending?.State ?? _state).Operations.Values.Concat(_state.Operations.Values);

    private EffectRunner Runner => _runner ??= new EffectRunner(Self, Timers, this, _services.Settings.Vm.QemuPath);

    private bool IsReconciling => (_pending?.State ?? _state).Operations.Values.Any(operation => operation is Reconcile);

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
        AddTimings(step);
        Write(step.Events, () => Take(step, before));
    }

    private void Take(Step step, SandboxRecord before)
    {
        // The record has all events, also those recorded meanwhile.
        _state = step.State with { Record = _state.Record };
        foreach (var remark in step.Remarks)
        {
            _log.Log(remark.IsError ? LogLevel.ErrorLevel : LogLevel.WarningLevel, null, "{0}", remark.Text);
        }

        _state = _state with { Record = step.LateEvents.Aggregate(_state.Record, (record, e) => record.Apply(e)) };
        if (IsJournaled && !step.LateEvents.IsEmpty)
        {
            PersistAllAsync(step.LateEvents, _ => { });
        }

        if (step.Events.Length + step.LateEvents.Length > 0)
        {
            Report();
            Follow(step.Events, before);
        }

        foreach (var effect in step.Effects)
        {
            CarryOut(effect);
        }

        Send(step.Replies);
        Runner.EndPauses(_state.Operations.ContainsKey);
        _pending = null;
        if (_inputs.TryDequeue(out var next))
        {
            Decide(next);
        }
    }

    // Consequences of recorded events for the rest of this actor.
    private void Follow(ImmutableArray<Google.Protobuf.IMessage> events, SandboxRecord before)
    {
        foreach (var exit in events.OfType<ContainerExited>())
        {
            TellExit(exit);
        }

        foreach (var updated in events.OfType<ContainerUpdated>())
        {
            _log.Info("the limits of container {0} were changed", updated.Id);
        }

        foreach (var created in events.OfType<ContainerCreated>())
        {
            _log.Info("container {0} was created", created.Id);
            StartContainerActor(_state.Record.Containers[created.Id]);
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
    }

    // Requesters left when this actor stops: the requester of a failed creation gets its cause.
    private void AnswerRequesters(string why)
    {
        var failures = Removals.SelectMany(removal => removal.Waiting).DistinctBy(waiting => waiting.Id).ToDictionary(waiting => waiting.Id, waiting => waiting.Reply as Failure);
        foreach (var creation in Creations)
        {
            failures[creation.Command.Waiting.Id] = creation.Failure
                ?? new Failure(FailureCode.Unavailable, $"cannot create container \"{creation.Container}\": {_journalProblem ?? "the actor of its sandbox has stopped"}");
        }

        foreach (var (id, (address, _)) in _requesters)
        {
            address.Tell(failures.GetValueOrDefault(id) ?? new Failure(FailureCode.Unavailable, why));
        }

        foreach (var request in _creations.Keys.ToArray())
        {
            EndCreation(request);
        }
    }

    private void Send(ImmutableArray<(RequesterId To, object Reply)> replies)
    {
        foreach (var (to, reply) in replies)
        {
            if (_requesters.Remove(to, out var requester))
            {
                EndCreation(to);
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
            case Effect.ReleaseMounts release:
                ReleaseMounts(release.Request);
                break;
            case Effect.StepBegan or Effect.StepEnded:
                Measure(effect);
                break;
            case Effect.TellFactory tell:
                _services.CrashPoints.Pass();
                _services.Factory.Tell(tell.Message);
                break;
            case Effect.EndBoot:
                _services.Factory.Tell(new FactoryProtocol.BootEnded(_registration.Uuid));
                break;
            case Effect.ReachGuest reach:
                Child(ResourceKind.Agent).Tell(new AgentProtocol.Connect(reach.AgentSocket, reach.Deadline, reach.Boots));
                Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.QueryVcpus());
                break;
            case Effect.Dismiss dismiss:
                Dismiss(dismiss.Resource);
                break;
            case Effect.FreeId free:
                Context.Parent.Tell(new ContainerGone(free.Container));
                break;
            case Effect.Leave:
                Context.Parent.Tell(new SandboxGone(_registration.Uuid));
                Context.Stop(Self);
                break;
            case Effect.LeavePoolGroup:
                LeavePoolGroup();
                break;
            case Effect.AdoptVm adopt:
                Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.Adopt(adopt.Config, adopt.Vmm));
                break;
            case Effect.AttendContainers:
                StartContainerActors();
                break;
            case Effect.TakeCommands:
                ReleaseDelayed();
                _log.Info("the sandbox was taken over again");
                break;
            case Effect.LeaveVm:
                LeaveVm();
                break;
            case Effect.DropCgroups:
                Child(ResourceKind.Cgroup).Tell(new CgroupProtocol.Destroy());
                break;
            case Effect.GiveBackVm give:
                GiveBackVm(give.Vm);
                break;
            case Effect.LeaveAgent:
                StopChild(ResourceKind.Agent);
                _agentConnected = false;
                break;
        }
    }

    private void LeaveVm()
    {
        _agentConnected = false;
        StopChild(ResourceKind.Hypervisor);
        StopChild(ResourceKind.Agent);
        StartContainerActors();
        TellContainers(new ContainerProtocol.VmEnded());
    }

    // The sender of the current command.
    private WaitingRequester Requester(object reply)
    {
        var id = new RequesterId(++_requests);
        _requesters[id] = (Sender, reply);
        return new WaitingRequester(id, reply);
    }

    private SandboxContext Seen() => new(_registration, _services.Settings, DateTimeOffset.UtcNow, new Outside
    {
        IsJournaled = IsJournaled,
        BootId = ProcessIdentity.BootId,
        AgentConnected = _agentConnected,
        HoldsVm = HoldsVmm,
        VmUuids = VmUuids,
        PoolGroup = _poolGroupGone ? null : PoolUuid,
        TakesUnmarkedCgroups = _life == SandboxLife.Unread && !_state.Record.Exists && _note is null,
        Attended = [.. _containers.Keys],
        StandInsGone = [.. _standInsGone],
    });
}
