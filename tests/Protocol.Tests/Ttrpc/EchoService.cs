using Google.Protobuf;
using KataActors.Protocol.Agent;
using KataActors.TestSupport;

namespace KataActors.Protocol.Ttrpc;

/// <summary>A server with one method, its handler given by the test, and a client connected to it over a Unix socket.</summary>
internal sealed class EchoService : IAsyncDisposable
{
    public const string Service = "test.Echo";
    public const string Method = "Echo";

    private readonly CancellationTokenSource _stop = new();

    private EchoService(TtrpcClient client, TtrpcServer server, ITtrpcTransport serverSide)
    {
        Client = client;
        Serving = server.ServeAsync(serverSide, _stop.Token);
    }

    public TtrpcClient Client { get; }

    public Task<Exception?> Serving { get; }

    public static Task<EchoService> StartAsync(
        Func<WriteStreamRequest, TtrpcCallContext, Task<ReadStreamResponse>> handler,
        int serverLimit = TtrpcLimits.MaxCallsInFlight,
        int clientLimit = TtrpcLimits.MaxCallsInFlight,
        Action<string, Exception>? onUnexpected = null) =>
        StartAsync(
            new TtrpcServer(serverLimit, onUnexpected).Register(Service, Method, WriteStreamRequest.Parser, handler), clientLimit);

    public static async Task<EchoService> StartAsync(TtrpcServer server, int clientLimit = TtrpcLimits.MaxCallsInFlight)
    {
        var (near, far) = await SocketPair.CreateAsync();
        var client = new TtrpcClient(new UnixSocketTransport(near, "test.sock"), clientLimit, Deadline.Span);
        return new EchoService(client, server, new UnixSocketTransport(far, "client"));
    }

    public static Task<ReadStreamResponse> Echo(WriteStreamRequest request, TtrpcCallContext context) =>
        Task.FromResult(new ReadStreamResponse { Data = request.Data });

    public Task<ReadStreamResponse> CallAsync(byte[] data, TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        Client.CallAsync(
            Service, Method, new WriteStreamRequest { Data = ByteString.CopyFrom(data) }, ReadStreamResponse.Parser,
            timeout ?? Deadline.Span, cancellation);

    public void StopServing() => _stop.Cancel();

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        _stop.Cancel();
        await Serving.WaitAsync(Deadline.Span);
    }
}
