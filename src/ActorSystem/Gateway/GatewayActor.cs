using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using KataActors.Linux;
using KataActors.Runtime.Hosting;
using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Gateway;

/// <summary>
/// Owns the control socket, with one <see cref="ConnectionActor"/> for each client.
/// <code>
/// Waiting ──(manager is ready)──▶ Serving ──(quiet, no sandbox)──▶ Leaving ──(no client in the queue)──▶ Left
///                                    ▲                                │
///                                    └──────(clients in the queue)────┘
/// </code>
/// Leaving is free of races: the socket's name is removed first, so later clients find no daemon and start another; then the
/// socket is shut down, which refuses clients that have found it but not connected. Clients that had connected are served.
/// </summary>
internal sealed class GatewayActor : UntypedActor, IWithTimers
{
    /// <summary>Name below /user.</summary>
    public const string Name = "gateway";

    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MaxConnections = 4096;
    private static readonly TimeSpan s_firstAcceptPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestAcceptPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_shortestCheck = TimeSpan.FromMilliseconds(50);

    private readonly GatewaySettings _settings;
    private readonly IActorRef _sandboxes;
    private readonly ControlService _service;
    private readonly CallActivity _activity;
    private readonly IDaemonLifetime _lifetime;
    private readonly Backoff _accepts = new(s_firstAcceptPause, s_longestAcceptPause);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private Socket? _listener;
    private CancellationTokenSource? _accepting;
    private int _connections;

    public GatewayActor(GatewaySettings settings, IActorRef sandboxes, ControlService service, CallActivity activity, IDaemonLifetime lifetime)
    {
        _settings = settings;
        _sandboxes = sandboxes;
        _service = service;
        _activity = activity;
        _lifetime = lifetime;
    }

    private sealed record Accepted(Socket Socket);

    private sealed record AcceptFailed(Exception Cause);

    private sealed record AcceptAgain;

    private sealed record ConnectionClosed;

    private sealed record ReadyOverdue;

    private sealed record ManagerStopped;

    private sealed record CheckIdle;

    private bool IsQuiet => _activity.Quiet >= _settings.IdleExit;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="settings">The socket's path, and the idle time before leaving.</param>
    /// <param name="sandboxes">The SandboxManagerActor.</param>
    /// <param name="service">Answers the calls.</param>
    /// <param name="activity">The time since the last call.</param>
    /// <param name="lifetime">Told when the daemon listens, and when it may exit.</param>
    public static Props Props(GatewaySettings settings, IActorRef sandboxes, ControlService service, CallActivity activity, IDaemonLifetime lifetime) =>
        Akka.Actor.Props.Create(() => new GatewayActor(settings, sandboxes, service, activity, lifetime));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartSingleTimer(nameof(ReadyOverdue), new ReadyOverdue(), _settings.Ready);
        Context.WatchWith(_sandboxes, new ManagerStopped());
        _sandboxes.Tell(new SandboxQueries.GetReady());
    }

    /// <summary>Waiting: no call is answered before the manager knows every sandbox.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SandboxQueries.Ready:
                Timers.Cancel(nameof(ReadyOverdue));
                Serve();
                break;
            case ReadyOverdue:
                _lifetime.Fail($"the journal was not replayed within {_settings.Ready.TotalSeconds} s");
                break;
            case ManagerStopped:
                OnManagerStopped();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Serving(object message)
    {
        switch (message)
        {
            case Accepted accepted:
                _accepts.Succeed();
                Connect(accepted.Socket);
                Accept();
                break;
            case AcceptFailed failed:
                _accepting = null;
                Timers.StartSingleTimer(nameof(AcceptAgain), new AcceptAgain(), _accepts.Fail(failed.Cause.Message, out var isNewCause));
                if (isNewCause)
                {
                    _log.Warning("accept \"{0}\": {1}", _settings.Socket, failed.Cause.Message);
                }

                break;
            case AcceptAgain:
                Accept();
                break;
            case ConnectionClosed:
                _connections--;
                break;
            case CheckIdle:
                ScheduleIdleCheck();
                if (IsQuiet)
                {
                    _sandboxes.Tell(new SandboxQueries.ListSandboxes());
                }

                break;
            case SandboxQueries.SandboxList { Sandboxes.IsEmpty: true } when IsQuiet:
                Leave();
                break;
            case SandboxQueries.SandboxList:
                break;
            case ManagerStopped:
                OnManagerStopped();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Leaving: the pending accept has a last result.</summary>
    private void Leaving(object message)
    {
        switch (message)
        {
            case Accepted accepted:
                Connect(accepted.Socket);
                Drain();
                break;
            case AcceptFailed:
                Drain();
                break;
            case ConnectionClosed:
                _connections--;
                break;
            case SandboxQueries.SandboxList or ManagerStopped:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Left(object message)
    {
        if (message is not (ConnectionClosed or ManagerStopped))
        {
            Unhandled(message);
        }
    }

    // A manager with a failed journal stops; only a fresh daemon, which replays the journal, can continue. In a shutdown every actor stops.
    private void OnManagerStopped()
    {
        if (CoordinatedShutdown.Get(Context.System).ShutdownReason is null)
        {
            _lifetime.Fail("the register of sandboxes failed");
        }
    }

    private void Serve()
    {
        // The old listener first: the runtime removes a bound socket's name when it closes the socket.
        CloseListener();
        try
        {
            _listener = UnixSockets.Listen(_settings.Socket, SocketMode);
        }
        catch (LinuxException e)
        {
            _lifetime.Fail(e.Message);
            return;
        }

        Become(Serving);
        Accept();
        ScheduleIdleCheck();
        _lifetime.Listening();
    }

    private void Leave()
    {
        RemoveSocket();
        _listener!.Shutdown(SocketShutdown.Both);
        Timers.CancelAll();
        Become(Leaving);
        if (_accepting is null)
        {
            Drain();
            return;
        }

        _accepting.Cancel();
    }

    // Takes the clients that had connected before the shutdown, without waiting for more.
    private void Drain()
    {
        _listener!.Blocking = false;
        try
        {
            while (true)
            {
                Connect(_listener.Accept());
            }
        }
        catch (SocketException)
        {
            // The queue is empty.
        }

        if (!IsQuiet)
        {
            Serve();
            return;
        }

        CloseListener();
        Become(Left);
        _lifetime.Idle();
    }

    private void Accept()
    {
        _accepting ??= new CancellationTokenSource();
        if (!DescriptorRoom.Has(DescriptorRoom.Reserve))
        {
            // As if the kernel had refused.
            Self.Tell(new AcceptFailed(new LinuxException(Errno.EMFILE, "accept", _settings.Socket)));
            return;
        }

        _listener!.AcceptAsync(_accepting.Token).AsTask().PipeTo(Self, success: socket => new Accepted(socket), failure: cause => new AcceptFailed(cause));
    }

    private void Connect(Socket socket)
    {
        _activity.Touch();
        if (_connections >= MaxConnections)
        {
            _log.Warning("connection refused: {0} connections are open already", MaxConnections);
            socket.Dispose();
            return;
        }

        _connections++;
        var connection = Context.ActorOf(ConnectionActor.Props(_service, socket, _settings.Socket));
        Context.WatchWith(connection, new ConnectionClosed());
    }

    private void ScheduleIdleCheck()
    {
        if (_settings.IdleExit is { } idle)
        {
            var rest = idle - _activity.Quiet;
            Timers.StartSingleTimer(nameof(CheckIdle), new CheckIdle(), rest > s_shortestCheck ? rest : idle);
        }
    }

    private void RemoveSocket()
    {
        try
        {
            File.Delete(_settings.Socket);
        }
        catch (DirectoryNotFoundException)
        {
            // The run directory was removed from outside.
        }
    }

    private void CloseListener()
    {
        _listener?.Dispose();
        _listener = null;
        _accepting?.Dispose();
        _accepting = null;
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        if (_listener is not null)
        {
            CloseListener();
            RemoveSocket();
        }
    }
}
