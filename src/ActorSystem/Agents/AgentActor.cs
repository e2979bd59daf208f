using System.Diagnostics;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Channel;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Agents.AgentProtocol;

namespace KataActors.Runtime.Agents;

/// <summary>
/// The channel to one guest's agent. The actor connects, reports that, and reconnects after a loss, with growing pauses while connections are fruitless.
/// <code>
/// Idle ──Connect──▶ Connecting ──first answer──▶ Ready
///   ▲                  ▲   └──deadline──▶ ConnectFailed to the parent, and a retry
///   │                  └──────────── channel lost ───┤
///   └── Unreachable to the parent ◀── too many in a row were fruitless
/// </code>
/// The actor owns the channel: PostStop closes it and cancels the open calls.
/// </summary>
internal sealed class AgentActor : ReceiveActor, IWithTimers
{
    /// <summary>The time that a long poll may take beyond the requested wait.</summary>
    private static readonly TimeSpan s_answerMargin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_retryPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_reconnectDeadline = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopped = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly AgentPatience _patience;
    private readonly FruitlessConnections _fruitless;
    private Connect? _target;
    private TtrpcClient? _connection;
    private AgentClient? _client;
    private long _connectedAt;
    private long? _loggedAt;
    private int _unloggedLosses;

    public AgentActor(AgentPatience patience)
    {
        _patience = patience;
        _fruitless = new FruitlessConnections(patience);
        Idle();
    }

    private sealed record ChannelUp(TtrpcClient Connection);

    private sealed record ChannelFailed(Failure Failure);

    private sealed record ChannelLost(TtrpcClient Connection, string Reason);

    private sealed record Retry;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props() => Props(AgentPatience.Default);

    public static Props Props(AgentPatience patience) => Akka.Actor.Props.Create(() => new AgentActor(patience));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        CloseClient();
    }

    private void Idle()
    {
        Receive<Connect>(connect =>
        {
            _target = connect;
            _fruitless.Forget();
            Become(Connecting);
            Dial(connect.Deadline, connect.Boots ? ChannelTiming.Boot : ChannelTiming.Reconnect);
        });
        NotConnected();
    }

    private void Connecting()
    {
        Receive<ChannelUp>(up =>
        {
            _connection = up.Connection;
            _client = new AgentClient(up.Connection);
            _connectedAt = Stopwatch.GetTimestamp();
            _ = ReportLossAsync(up.Connection, Self, _stopped.Token);
            Become(Ready);
            Context.Parent.Tell(new Connected());
        });
        Receive<ChannelFailed>(failed =>
        {
            Context.Parent.Tell(new ConnectFailed(failed.Failure));
            if (failed.Failure.Code == FailureCode.ResourceExhausted)
            {
                _fruitless.Flooded();
            }

            TryAgain(s_retryPause, failed.Failure.Message);
        });
        Receive<Retry>(_ => Dial(s_reconnectDeadline, ChannelTiming.Reconnect));
        Receive<Connect>(connect => _target = connect);
        NotConnected();
    }

    private void Ready()
    {
        Receive<Invoke>(invoke => Call(invoke));
        Receive<ReadStream>(read => Read(read));
        Receive<WriteStream>(write => Write(write));
        Receive<CloseStream>(close => Close(close));
        Receive<ResizeTerminal>(resize => Resize(resize));
        Receive<Connect>(_ => Context.Parent.Tell(new Connected()));
        Receive<ChannelLost>(lost => ReferenceEquals(lost.Connection, _connection), lost =>
        {
            CloseClient();
            _fruitless.SessionEnded(Stopwatch.GetElapsedTime(_connectedAt));
            LogLoss(lost.Reason);
            TryAgain(TimeSpan.Zero, lost.Reason);
        });
        Receive<ChannelLost>(_ => { });
    }

    private void NotConnected()
    {
        var failure = new Failure(FailureCode.Unavailable, "the agent is not connected");
        Receive<Invoke>(invoke => Sender.Tell(new InvokeFailed(invoke.Token, failure)));
        Receive<ReadStream>(_ => Sender.Tell(failure));
        Receive<WriteStream>(_ => Sender.Tell(failure));
        Receive<CloseStream>(_ => Sender.Tell(failure));
        Receive<ResizeTerminal>(_ => Sender.Tell(failure));
        Receive<ChannelLost>(_ => { });
    }

    private void TryAgain(TimeSpan leastPause, string reason)
    {
        if (_fruitless.AreTooMany)
        {
            Become(Idle);
            Context.Parent.Tell(new Unreachable($"{_fruitless.Count} connections in a row came to nothing, the last one: {reason}"));
            return;
        }

        Become(Connecting);
        Timers.StartSingleTimer(nameof(Retry), new Retry(), _fruitless.Pause > leastPause ? _fruitless.Pause : leastPause);
    }

    // Rate-limited: a guest must not be able to fill the log.
    private void LogLoss(string reason)
    {
        _unloggedLosses++;
        if (_loggedAt is not { } last || Stopwatch.GetElapsedTime(last) >= _patience.LogInterval)
        {
            _log.Warning("the agent channel was lost ({0} times since the last such line), connecting again: {1}", _unloggedLosses, reason);
            (_loggedAt, _unloggedLosses) = (Stopwatch.GetTimestamp(), 0);
        }
    }

    private void Dial(TimeSpan deadline, ChannelTiming timing)
    {
        var path = _target!.SocketPath;
        DialAsync(path, deadline, timing, _stopped.Token).PipeTo(
            Self,
            success: up => up,
            failure: e => new ChannelFailed(AgentFailure.From(e, "connect to the agent")));
    }

    private static async Task<ChannelUp> DialAsync(string path, TimeSpan deadline, ChannelTiming timing, CancellationToken cancellation)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(deadline);
        try
        {
            var channel = await AgentChannel.ConnectAsync(
                token => OpenAsync(path, deadline, token), deadline, timing, timer.Token).ConfigureAwait(false);
            return new ChannelUp(new TtrpcClient(new StreamTransport(channel, "agent")));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {deadline.TotalSeconds:0.#} s");
        }
    }

    private static async Task<Stream> OpenAsync(string path, TimeSpan deadline, CancellationToken cancellation) =>
        new NetworkStream(await UnixSockets.ConnectAsync(path, deadline, cancellation).ConfigureAwait(false), ownsSocket: true);

    private static ValueTask DisposeAsync(TtrpcClient? connection) => connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    // The close by this actor's own stop is not reported.
    private static async Task ReportLossAsync(TtrpcClient connection, IActorRef self, CancellationToken stopped)
    {
        var reason = await connection.Closed.ConfigureAwait(false);
        if (!stopped.IsCancellationRequested)
        {
            self.Tell(new ChannelLost(connection, reason.Message));
        }
    }

    private void Call(Invoke invoke)
    {
        AgentCalls.InvokeAsync(_client!, invoke.Request, invoke.Timeout, _stopped.Token).PipeTo(
            Sender,
            Self,
            success: response => new Invoked(invoke.Token, response),
            failure: e => new InvokeFailed(invoke.Token, AgentFailure.From(e, invoke.Request.Descriptor.Name)));
    }

    private void Read(ReadStream read)
    {
        var request = new ReadStreamRequest
        {
            ContainerId = read.GuestId,
            ExecId = read.Process,
            Len = read.MaxBytes,
            Offset = read.Offset,
            WaitMs = (uint)read.Wait.TotalMilliseconds,
            Close = read.Close,
        };
        var timeout = read.Wait + s_answerMargin;
        var call = read.Stderr
            ? _client!.ReadStderrAsync(request, timeout, _stopped.Token)
            : _client!.ReadStdoutAsync(request, timeout, _stopped.Token);
        call.PipeTo<ReadStreamResponse>(
            Sender,
            Self,
            success: response => response.Data.Length <= read.MaxBytes
                ? new SandboxQueries.OutputRead(response.Data.Memory, response.EndOfStream)
                : new Failure(FailureCode.Internal, "the agent sent more output than was asked for"),
            failure: e => AgentFailure.From(e, "read output"));
    }

    private void Write(WriteStream write)
    {
        var request = new WriteStreamRequest
        {
            ContainerId = write.GuestId,
            ExecId = write.Process,
            Data = UnsafeByteOperations.UnsafeWrap(write.Data),
            Offset = write.Offset,
        };
        _client!.WriteStdinAsync(request, s_answerMargin, _stopped.Token).PipeTo<WriteStreamResponse>(
            Sender,
            Self,
            success: response => new SandboxCommands.InputAccepted(Math.Min(response.Len, (uint)write.Data.Length)),
            failure: e => AgentFailure.From(e, "write input"));
    }

    private void Close(CloseStream close)
    {
        var request = new CloseStdinRequest { ContainerId = close.GuestId, ExecId = close.Process, Offset = close.Offset };
        _client!.CloseStdinAsync(request, s_answerMargin, _stopped.Token).PipeTo(
            Sender,
            Self,
            success: _ => new SandboxCommands.InputClosed(),
            failure: e => AgentFailure.From(e, "close input"));
    }

    private void Resize(ResizeTerminal resize)
    {
        var request = new TtyWinResizeRequest { ContainerId = resize.GuestId, ExecId = resize.Process, Row = resize.Rows, Column = resize.Columns };
        _client!.TtyWinResizeAsync(request, s_answerMargin, _stopped.Token).PipeTo(
            Sender,
            Self,
            success: _ => new SandboxCommands.TerminalResized(),
            failure: e => AgentFailure.From(e, "resize terminal"));
    }

    private void CloseClient()
    {
        _ = _connection?.DisposeAsync().AsTask();
        (_connection, _client) = (null, null);
    }
}
