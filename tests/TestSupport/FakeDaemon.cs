using System.Collections.Concurrent;
using System.Net.Sockets;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using Names = KataActors.Protocol.Control.ControlServiceNames;

namespace KataActors.TestSupport;

/// <summary>
/// A daemon that speaks the real control service on a real socket and plays its containers in memory. It can be stopped and started again like a
/// daemon that crashed, and each method can be replaced by a script.
/// </summary>
public sealed partial class FakeDaemon : IAsyncDisposable
{
    private const string Service = Names.Control;
    private readonly ConcurrentDictionary<string, FakeContainer> _containers = new();
    private readonly ConcurrentQueue<IMessage> _requests = new();
    private readonly TtrpcServer _server = new();
    private Death? _death;
    private Socket? _listener;
    private CancellationTokenSource _connections = new();

    /// <summary>Listens at the address.</summary>
    public FakeDaemon(string address)
    {
        Address = address;
        Register(Names.Create, CreateRequest.Parser, CreateAsync);
        Register(Names.FinishCreate, FinishCreateRequest.Parser, (request, _) =>
        {
            var isDue = _containers.TryGetValue(request.Container.Id, out var container) && container.Status == "creating" && container.Request.RequestId.Equals(request.RequestId);
            if (isDue)
            {
                container!.Status = "created";
            }

            return Task.FromResult(new FinishCreateResponse { Created = isDue });
        });
        Register(Names.Start, StartRequest.Parser, (request, _) =>
        {
            var container = this[request.Container];
            Demand(container.Status == "created", $"cannot start container \"{request.Container.Id}\": it is {container.Status}, not created");
            container.Start();
            return Task.FromResult(new StartResponse { Hooked = Describe(request.Container.Id) });
        });
        Register(Names.State, StateRequest.Parser, (request, _) => Task.FromResult(new StateResponse { Container = Describe(request.Container.Id) }));
        Register(Names.List, ListRequest.Parser, (request, _) =>
        {
            var (containers, next) = Page(_containers.Keys.Order().Select(Describe), request.PageToken);
            return Task.FromResult(new ListResponse { Containers = { containers }, NextPageToken = next });
        });
        Register(Names.Delete, DeleteRequest.Parser, (request, _) =>
        {
            var known = _containers.TryRemove(request.Container.Id, out var _);
            return known || request.Force ? Task.FromResult(new DeleteResponse()) : throw NotFound(request.Container.Id);
        });
        Register(Names.Update, UpdateRequest.Parser, (request, _) => this[request.Container] is { } ? Task.FromResult(Updated) : throw NotFound(request.Container.Id));
        RegisterProcesses();
        Register(Names.Version, VersionRequest.Parser, (_, _) => Task.FromResult(new VersionResponse { Version = "0", DaemonPid = Pid }));
        Register(Names.ListSandboxes, ListSandboxesRequest.Parser, (request, _) =>
        {
            var (sandboxes, next) = Page(Sandboxes.Sandboxes, request.PageToken);
            return Task.FromResult(new ListSandboxesResponse { Sandboxes = { sandboxes }, NextPageToken = next, JournalProblem = Sandboxes.JournalProblem });
        });
        Register(Names.FactoryStatus, FactoryStatusRequest.Parser, (_, _) => Task.FromResult(Factory));
        Register(Names.InspectSandbox, InspectSandboxRequest.Parser, (request, _) =>
        {
            var response = Sandbox.Clone();
            response.Containers.Clear();
            var (containers, next) = Page(Sandbox.Containers, request.PageToken);
            response.Containers.AddRange(containers);
            response.NextPageToken = next;
            return Task.FromResult(response);
        });
        Register(Names.InitFactory, InitFactoryRequest.Parser, (_, _) => Task.FromResult(new InitFactoryResponse { Step = "there is a template", Done = true }));
        Register(Names.DestroyFactory, DestroyFactoryRequest.Parser, (_, _) => Task.FromResult(new DestroyFactoryResponse { HadTemplate = true }));
        Listen();
    }

    public string Address { get; }

    /// <summary>All requests so far, in order.</summary>
    public IReadOnlyList<IMessage> Requests => [.. _requests];

    /// <summary>Runs when a create arrives, before it is answered; its exception is the answer.</summary>
    public Func<CreateRequest, TtrpcCallContext, Task>? OnCreate { get; set; }

    /// <summary>Runs when a request arrives, before it is answered; its exception is the answer.</summary>
    public Func<IMessage, Task>? OnRequest { get; set; }

    /// <summary>Whether creations wait for their hooks.</summary>
    public bool HooksDue { get; set; }

    /// <summary>The pid that it states.</summary>
    public int Pid { get; set; } = Environment.ProcessId;

    /// <summary>The number of a list's entries in one answer.</summary>
    public int PageSize { get; set; } = int.MaxValue;

    public ListSandboxesResponse Sandboxes { get; set; } = new();

    public UpdateResponse Updated { get; set; } = new();

    public InspectSandboxResponse Sandbox { get; set; } = new();

    /// <summary>The answer to a request for the factory's status.</summary>
    public FactoryStatusResponse Factory { get; } = new();

    /// <summary>The container of that id.</summary>
    public FakeContainer this[string id] => _containers.TryGetValue(id, out var container) ? container : throw NotFound(id);

    private FakeContainer this[ContainerRef container] => this[container.Id];

    /// <summary>Adds a container without a create.</summary>
    public FakeContainer Add(string id) => Add(new CreateRequest { Container = new ContainerRef { Id = id }, StandIn = new ProcessRef() });

    /// <summary>Adds a container of that request, without a reply to its requester.</summary>
    public FakeContainer Add(CreateRequest request) => _containers[request.Container.Id] = new FakeContainer(request);

    /// <summary>Forgets a container, if it is there.</summary>
    public void Remove(string id) => _containers.TryRemove(id, out _);

    /// <summary>
    /// Dies once, at the next request of the kind; its successor knows the same containers, and starts after <paramref name="meanwhile"/>
    /// has run. <paramref name="when"/> may pass requests over.
    /// </summary>
    public void DieAt<TRequest>(DeathPoint point, Action<TRequest>? meanwhile = null, Func<TRequest, bool>? when = null)
        where TRequest : class, IMessage =>
        _death = new Death(point, request => request is TRequest asked && when?.Invoke(asked) is not false, request => meanwhile?.Invoke((request as TRequest)!));

    /// <summary>Forgets all containers, as after a loss of the journal.</summary>
    public void Forget() => _containers.Clear();

    /// <summary>Accepts connections (again).</summary>
    public void Listen()
    {
        File.Delete(Address);
        _connections = new CancellationTokenSource();
        _listener = UnixSockets.Listen(Address, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _ = AcceptAsync(_listener);
    }

    /// <summary>Drops all connections but continues to listen.</summary>
    public void Disconnect()
    {
        var old = Interlocked.Exchange(ref _connections, new CancellationTokenSource());
        old.Cancel();
    }

    /// <summary>Drops all connections and stops listening; the socket's file stays, as after a kill of the daemon.</summary>
    public void Crash()
    {
        _listener?.Dispose();
        Disconnect();
    }

    public ValueTask DisposeAsync()
    {
        Crash();
        return ValueTask.CompletedTask;
    }

    // The token is the number of earlier entries.
    private (T[] Entries, string Next) Page<T>(IEnumerable<T> all, string token)
    {
        var before = token.Length == 0 ? 0 : int.Parse(token, System.Globalization.CultureInfo.InvariantCulture);
        var rest = all.Skip(before).ToArray();
        return rest.Length > PageSize ? (rest[..PageSize], $"{before + PageSize}") : (rest, "");
    }

    private static TtrpcException NotFound(string id) => new(StatusCode.NotFound, $"container \"{id}\" does not exist");

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync();
                if (TakeDeath(DeathPoint.BeforeRequest, null) is { } death)
                {
                    death.Meanwhile(null);
                    socket.Dispose();
                    continue;
                }

                _ = _server.ServeAsync(new UnixSocketTransport(socket, Address), _connections.Token);
            }
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Crashed or disposed.
        }
    }

    private void Register<TRequest, TResponse>(string method, MessageParser<TRequest> parser, Func<TRequest, TtrpcCallContext, Task<TResponse>> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        _server.Register<TRequest, TResponse>(Service, method, parser, async (request, call) =>
        {
            _requests.Enqueue(request);
            if (OnRequest is { } script)
            {
                await script(request);
            }

            await DieAsync(DeathPoint.BeforeEffect, request);
            var response = await handler(request, call);
            await DieAsync(DeathPoint.BeforeReply, request);
            return response;
        });

    private async Task DieAsync(DeathPoint point, IMessage request)
    {
        if (TakeDeath(point, request) is { } death)
        {
            death.Meanwhile(request);
            Disconnect();
            await Task.Delay(Timeout.Infinite, Deadline.Token);
        }
    }

    private Death? TakeDeath(DeathPoint point, IMessage? request) =>
        _death is { } death && death.Point == point && (request is null || death.Concerns(request)) ? Interlocked.Exchange(ref _death, null) : null;

    private static void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new TtrpcException(StatusCode.FailedPrecondition, otherwise);
        }
    }

    private async Task<CreateResponse> CreateAsync(CreateRequest request, TtrpcCallContext call)
    {
        if (OnCreate is { } script)
        {
            await script(request, call);
        }

        var container = new FakeContainer(request) { Status = HooksDue ? "creating" : "created" };
        return _containers.TryAdd(request.Container.Id, container)
            ? new CreateResponse { HooksDue = HooksDue }
            : throw new TtrpcException(StatusCode.AlreadyExists, $"container \"{request.Container.Id}\" exists");
    }

    private Container Describe(string id)
    {
        var container = this[id];
        var described = new Container
        {
            Id = id,
            Status = container.Status,
            Pid = container.ExitCode is null ? container.Request.StandIn.Pid : 0,
            Bundle = container.Request.Bundle,
            Rootfs = $"{container.Request.Bundle}/rootfs",
            CreatedUnixNs = 1_700_000_000_123_456_700,
            OciVersion = "1.0.2",
            SandboxId = id,
            Reason = container.Reason,
            RequestId = container.Request.RequestId,
        };
        described.Poststart.AddRange(container.Poststart);
        described.Poststop.AddRange(container.Poststop);
        if (container.ExitCode is { } code)
        {
            described.ExitCode = code;
        }

        return described;
    }

    private sealed record Death(DeathPoint Point, Func<IMessage, bool> Concerns, Action<IMessage?> Meanwhile);
}
