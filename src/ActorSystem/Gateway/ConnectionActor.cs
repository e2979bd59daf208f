using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Runtime.Gateway;

/// <summary>
/// One client connection. The actor serves calls until the client leaves, then stops. Its stop ends the connection and the
/// calls in flight.
/// <code>
/// Serving ──(client left, connection lost)──▶ stopped
/// </code>
/// </summary>
internal sealed class ConnectionActor : ReceiveActor
{
    private readonly ControlService _service;
    private readonly UnixSocketTransport _transport;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopping = new();

    public ConnectionActor(ControlService service, Socket socket, string address)
    {
        _service = service;
        _transport = new UnixSocketTransport(socket, address);
        Receive<Ended>(OnEnded);
    }

    private sealed record Ended(Exception? Cause);

    /// <param name="service">Answers the calls.</param>
    /// <param name="socket">The connection, owned by the actor.</param>
    /// <param name="address">The socket's path, for messages.</param>
    public static Props Props(ControlService service, Socket socket, string address) =>
        Akka.Actor.Props.Create(() => new ConnectionActor(service, socket, address));

    /// <inheritdoc/>
    protected override void PreStart() =>
        _service.Server.ServeAsync(_transport, _stopping.Token).PipeTo(
            Self,
            success: cause => new Ended(cause),
            failure: cause => new Ended(cause));

    private void OnEnded(Ended ended)
    {
        if (ended.Cause is { } cause)
        {
            _log.Info("connection of process {0} ended: {1}", _transport.Peer?.Pid, cause.Message);
        }

        Context.Stop(Self);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }
}
