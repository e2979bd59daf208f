using Akka.Actor;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Containers.ContainerProtocol;

namespace KataActors.Runtime.Containers;

/// <summary>
/// One container that exists in the guest: the parent of a <see cref="ProcessActor"/> for its first process, and of one for each added process. It
/// passes commands to them, and their events to its own parent. When a child fails, it stops: its successor adopts all processes.
/// </summary>
internal sealed class ContainerActor : UntypedActor
{
    private const string First = "";

    private readonly ContainerRecord _container;
    private readonly string _guestId;
    private readonly GuestAccess _guest;
    private readonly Dictionary<string, IActorRef> _processes = [];

    public ContainerActor(ContainerRecord container, string guestId, GuestAccess guest)
    {
        _container = container;
        _guestId = guestId;
        _guest = guest;
    }

    private IActorRef FirstProcess => _processes[First];

    /// <param name="container">The container, with the processes that have been added to it.</param>
    /// <param name="guestId">Its id in the guest.</param>
    /// <param name="guest">The way to its processes.</param>
    public static Props Props(ContainerRecord container, string guestId, GuestAccess guest) =>
        Akka.Actor.Props.Create(() => new ContainerActor(container, guestId, guest));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Start(First, "init", ProcessActor.Props(Place(First), _container.StandIn, _container.Exit is not null, _guest));
        foreach (var exec in _container.Execs.Values.Where(exec => exec.IsStarted || exec.Exit is not null))
        {
            AttendExec(exec);
        }
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IProcessMessage toProcess:
                Forward(toProcess);
                break;
            case ContainerProtocol.Start:
                FirstProcess.Forward(message);
                break;
            case EndStandIn:
                EndStandIns(message);
                break;
            case AgentAvailable or VmEnded:
                TellAll(message);
                break;
            case Attend { Process: var exec }:
                AttendExec(exec);
                break;
            case Forget { Process: var exec } when _processes.Remove(exec, out var actor):
                Context.Unwatch(actor);
                Context.Stop(actor);
                break;
            case ProcessExited or StandInExited or KillUnheeded:
                Context.Parent.Tell(message);
                break;
            case Terminated:
                Context.Stop(Self);
                break;
            case StandInKilled or Forget:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private ProcessPlace Place(string process) => new(_container.Key.Id, _guestId, process);

    private void AttendExec(ExecRecord exec)
    {
        if (!_processes.ContainsKey(exec.Id))
        {
            Start(exec.Id, $"exec-{exec.Id}", ProcessActor.Props(Place(exec.Id), exec.StandIn, exec.Exit is not null, _guest));
        }
    }

    private void Start(string process, string name, Props props) => _processes[process] = Context.Watch(Context.ActorOf(props, Context.FreeName(name)));

    private void Forward(IProcessMessage message)
    {
        if (_processes.TryGetValue(message.Process, out var actor))
        {
            actor.Forward(message);
        }
        else
        {
            Sender.Tell(Failure.NoSuchProcess(message.Key.Id, message.Process));
        }
    }

    // The reply is that of the first process alone. Usually the other stand-ins have ended by then.
    private void EndStandIns(object message)
    {
        FirstProcess.Forward(message);
        foreach (var exec in _processes.Where(process => process.Key != First))
        {
            exec.Value.Tell(message);
        }
    }

    private void TellAll(object message)
    {
        foreach (var process in _processes.Values)
        {
            process.Tell(message);
        }
    }
}
