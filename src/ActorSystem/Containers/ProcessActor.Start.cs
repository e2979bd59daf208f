using Akka.Actor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;

namespace KataActors.Runtime.Containers;

/// <summary>
/// The start of a container's first process. Callers such as conmon set the size of its terminal before; the stand-in passes that on by itself, but a
/// little later than the caller asks for the start.
/// </summary>
internal sealed partial class ProcessActor
{
    // The tokens of a start, and of the size before it, with the requester.
    private sealed record Starting(IActorRef Requester);

    private sealed record Sizing(ContainerProtocol.Start Command, IActorRef Requester);

    private void BeginStart(ContainerProtocol.Start start)
    {
        if (ControllingTerminal.TryReadSize(_standIn.Pid) is { IsKnown: true } size)
        {
            var request = new TtyWinResizeRequest { ContainerId = _place.GuestId, ExecId = _place.GuestProcess, Row = size.Rows, Column = size.Columns };
            Invoke(new Sizing(start, Sender), request, s_signalTimeout);
        }
        else
        {
            Execute(start, Sender);
        }
    }

    private void Execute(ContainerProtocol.Start start, IActorRef requester) =>
        Invoke(new Starting(requester), new StartContainerRequest { ContainerId = _place.GuestId }, _callTimeout + start.HooksLimit);

    private void Execute(Sizing sized) => Execute(sized.Command, sized.Requester);

    private void AnswersToStart()
    {
        Receive<AgentProtocol.Invoked>(invoked => invoked.Token is Sizing, invoked => Execute((Sizing)invoked.Token!));
        Receive<AgentProtocol.InvokeFailed>(failed => failed.Token is Sizing, failed => Execute((Sizing)failed.Token!));
        Receive<AgentProtocol.Invoked>(invoked => invoked.Token is Starting, invoked => ((Starting)invoked.Token!).Requester.Tell(new ContainerProtocol.ProcessStarted()));
        Receive<AgentProtocol.InvokeFailed>(failed => failed.Token is Starting, failed => ((Starting)failed.Token!).Requester.Tell(new ContainerProtocol.StartFailed(failed.Failure)));
    }
}
