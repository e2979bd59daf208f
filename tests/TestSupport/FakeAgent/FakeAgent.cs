using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Channel;
using KataActors.Protocol.Ttrpc;
using Names = KataActors.Protocol.Agent.AgentServiceNames;

namespace KataActors.TestSupport;

/// <summary>
/// An agent in the test's process: the real services over the real resync, on a Unix socket in QEMU's place. Its containers are
/// scripted; it keeps its requests.
/// </summary>
public sealed class FakeAgent : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SocketPort _port;
    private readonly ConcurrentDictionary<string, FakeProcess> _processes = new();
    private readonly ConcurrentQueue<(string Method, IMessage Request)> _calls = new();
    private readonly TaskCompletionSource _speaks = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _serving;

    private FakeAgent(string path, bool silent)
    {
        _port = new SocketPort(path);
        Faults = new FakeAgentFaults(DieAsync);
        if (!silent)
        {
            _speaks.SetResult();
        }

        _serving = ServeAsync();
    }

    /// <summary>Its faults.</summary>
    public FakeAgentFaults Faults { get; }

    /// <summary>The script of a new container's process; by default it runs until it is signalled.</summary>
    public Func<CreateContainerRequest, Func<FakeProcess, Task>> Script { get; set; } = _ => FakeScripts.UntilSignalled;

    /// <summary>Every request so far, in the order of arrival, by method name.</summary>
    public IReadOnlyCollection<(string Method, IMessage Request)> Calls => _calls;

    /// <summary>The containers by id, until they are removed.</summary>
    public IReadOnlyDictionary<string, FakeProcess> Processes => _processes;

    /// <summary>The sandbox, when one was created and not destroyed.</summary>
    public CreateSandboxRequest? Sandbox { get; private set; }

    /// <summary>Starts to listen.</summary>
    /// <param name="path">Of the socket; it must be free.</param>
    /// <param name="silent">Like a guest that still boots: no answer, not to the preamble either, until <see cref="Speak"/>.</param>
    public static FakeAgent Start(string path, bool silent = false) => new(path, silent);

    /// <summary>Ends the silence.</summary>
    public void Speak() => _speaks.TrySetResult();

    /// <summary>Breaks the connection to the host, which may connect again. Containers keep running.</summary>
    public void DropConnection() => _port.DropHost();

    /// <summary>Disappears, as when QEMU dies: no connection, and no listener.</summary>
    public async Task DieAsync()
    {
        await _port.DisposeAsync();
        await _stop.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await DieAsync();
        await _serving.WaitAsync(Deadline.Span);
    }

    private async Task ServeAsync()
    {
        var server = new TtrpcServer();
        Serve(server, Names.Health, Names.Check, CheckRequest.Parser, (_, _) =>
            Task.FromResult(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving }));
        Serve(server, Names.Health, Names.Version, CheckRequest.Parser, (_, _) =>
            Task.FromResult(new VersionCheckResponse { GrpcVersion = "0.0.1", AgentVersion = "fake" }));
        Serve(server, Names.Agent, Names.GetGuestDetails, GuestDetailsRequest.Parser, (_, _) => Task.FromResult(new GuestDetailsResponse
        {
            AgentDetails = new AgentDetails { Version = "fake" },
            KernelRelease = "6.1.0-fake",
            AgentRssKib = 4096,
        }));
        Serve(server, Names.Agent, Names.CreateSandbox, CreateSandboxRequest.Parser, CreateSandbox);
        Serve(server, Names.Agent, Names.DestroySandbox, DestroySandboxRequest.Parser, DestroySandbox);
        Serve(server, Names.Agent, Names.CreateContainer, CreateContainerRequest.Parser, CreateContainer);
        Serve(server, Names.Agent, Names.StartContainer, StartContainerRequest.Parser, StartContainer);
        Serve(server, Names.Agent, Names.RemoveContainer, RemoveContainerRequest.Parser, RemoveContainer);
        Serve(server, Names.Agent, Names.UpdateContainer, UpdateContainerRequest.Parser, (request, _) =>
        {
            Find(request.ContainerId);
            return Task.FromResult(new Empty());
        });
        Serve(server, Names.Agent, Names.OnlineCPUMem, OnlineCPUMemRequest.Parser, (_, _) => Task.FromResult(new Empty()));
        Serve(server, Names.Agent, Names.SignalProcess, SignalProcessRequest.Parser, SignalProcess);
        Serve(server, Names.Agent, Names.WaitProcess, WaitProcessRequest.Parser, async (request, cancellation) =>
            new WaitProcessResponse { Status = await Find(request.ContainerId).Exited.WaitAsync(cancellation) });
        Serve(server, Names.Agent, Names.WriteStdin, WriteStreamRequest.Parser, (request, _) =>
            Task.FromResult(new WriteStreamResponse { Len = Find(request.ContainerId).Accept(request) }));
        Serve(server, Names.Agent, Names.CloseStdin, CloseStdinRequest.Parser, CloseStdin);
        Serve(server, Names.Agent, Names.ReadStdout, ReadStreamRequest.Parser, (request, cancellation) =>
            Find(request.ContainerId).ReadStdoutAsync(request, cancellation));
        Serve(server, Names.Agent, Names.ReadStderr, ReadStreamRequest.Parser, (request, cancellation) =>
            Find(request.ContainerId).ReadStderrAsync(request, cancellation));

        var channel = new GuestChannel(_port);
        try
        {
            await _speaks.Task.WaitAsync(_stop.Token);
            while (true)
            {
                await server.ServeAsync(await channel.AcceptAsync(_stop.Token), _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // It died.
        }
    }

    private void Serve<TRequest, TResponse>(
        TtrpcServer server, string service, string method, MessageParser<TRequest> parser,
        Func<TRequest, CancellationToken, Task<TResponse>> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        server.Register(service, method, parser, async (TRequest request, TtrpcCallContext context) =>
        {
            _calls.Enqueue((method, request));
            await Faults.ApplyAsync(method, context.Cancelled);
            return await handler(request, context.Cancelled);
        });

    private Task<Empty> CreateSandbox(CreateSandboxRequest request, CancellationToken cancellation)
    {
        Sandbox = Sandbox is null
            ? request
            : throw new TtrpcException(StatusCode.AlreadyExists, $"sandbox \"{Sandbox.SandboxId}\" exists");
        return Task.FromResult(new Empty());
    }

    private Task<Empty> DestroySandbox(DestroySandboxRequest request, CancellationToken cancellation)
    {
        Sandbox = null;
        return Task.FromResult(new Empty());
    }

    private Task<Empty> CreateContainer(CreateContainerRequest request, CancellationToken cancellation) =>
        _processes.TryAdd(request.ContainerId, new FakeProcess(request))
            ? Task.FromResult(new Empty())
            : throw new TtrpcException(StatusCode.AlreadyExists, $"container \"{request.ContainerId}\" exists");

    private Task<Empty> StartContainer(StartContainerRequest request, CancellationToken cancellation)
    {
        var process = Find(request.ContainerId);
        if (process.IsStarted)
        {
            return Task.FromResult(new Empty());
        }

        if (request.IfBegun)
        {
            throw new TtrpcException(StatusCode.FailedPrecondition, $"container \"{request.ContainerId}\" is not started");
        }

        // A script that fails before its first await fails the call.
        var running = Script(process.Request)(process);
        process.IsStarted = true;
        _ = running.ContinueWith(
            failed => process.Exit(255), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return Task.FromResult(new Empty());
    }

    private Task<Empty> RemoveContainer(RemoveContainerRequest request, CancellationToken cancellation)
    {
        Find(request.ContainerId).Signal(9);
        _processes.TryRemove(request.ContainerId, out _);
        return Task.FromResult(new Empty());
    }

    private Task<Empty> SignalProcess(SignalProcessRequest request, CancellationToken cancellation)
    {
        var process = Find(request.ContainerId);
        if (!process.IsStarted || (process.Exited.IsCompleted && request.ExecId.Length > 0))
        {
            throw new TtrpcException(StatusCode.FailedPrecondition, $"container \"{request.ContainerId}\" does not run");
        }

        process.Signal(request.Signal);
        return Task.FromResult(new Empty());
    }

    private Task<Empty> CloseStdin(CloseStdinRequest request, CancellationToken cancellation)
    {
        Find(request.ContainerId).Close(request);
        return Task.FromResult(new Empty());
    }

    private FakeProcess Find(string containerId) => _processes.TryGetValue(containerId, out var process)
        ? process
        : throw new TtrpcException(StatusCode.NotFound, $"container \"{containerId}\" not found");
}
