using System.Text;
using Google.Protobuf;

namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// The answering side: a table of methods that serves any number of connections. Register all methods before the
/// first connection is served.
/// </summary>
/// <param name="maxCallsInFlight">Most calls of one connection that run at a time; a further one is answered ResourceExhausted.</param>
/// <param name="onUnexpected">Gets the handlers' unexpected exceptions, with the method's name; the caller gets only
/// the message. It must not throw.</param>
public sealed class TtrpcServer(
    int maxCallsInFlight = TtrpcLimits.MaxCallsInFlight, Action<string, Exception>? onUnexpected = null)
{
    private const int MaxNameBytes = 256;

    private readonly Dictionary<string, ServedMethod> _methods = new(StringComparer.Ordinal);

    internal int MaxCallsInFlight => maxCallsInFlight;

    internal TimeSpan SendStall { get; init; } = TtrpcLimits.SendStall;

    /// <summary>
    /// Adds a method. Handlers run side by side on the thread pool. A <see cref="TtrpcException"/> is the caller's answer; any other
    /// exception becomes <see cref="StatusCode.Internal"/> with its message.
    /// </summary>
    /// <param name="service">Full name of the service, package included.</param>
    /// <param name="method">Name of the method.</param>
    /// <param name="parser">Reads the request.</param>
    /// <param name="handler">Answers it.</param>
    /// <param name="bounds">Bounds the requests of peers that are not trusted.</param>
    /// <exception cref="ArgumentException">The method is registered.</exception>
    public TtrpcServer Register<TRequest, TResponse>(
        string service,
        string method,
        MessageParser<TRequest> parser,
        Func<TRequest, TtrpcCallContext, Task<TResponse>> handler,
        MessageBounds? bounds = null)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        _methods.Add(Key(service, method), new ServedMethod<TRequest, TResponse>(Key(service, method), parser, handler, bounds));
        return this;
    }

    /// <summary>
    /// Serves one connection until it ends or <paramref name="cancellation"/> is cancelled; then the tokens of its calls are
    /// cancelled and late answers are dropped. The transport is disposed.
    /// </summary>
    /// <returns>Why the connection was lost; null when the peer closed it between two frames, or it was cancelled.</returns>
    public Task<Exception?> ServeAsync(ITtrpcTransport transport, CancellationToken cancellation) =>
        // On the pool from the start: waiting frames must not be handled on the caller's thread, which may be an actor's.
        Task.Run(() => new ServerConnection(this, transport).RunAsync(cancellation), CancellationToken.None);

    /// <exception cref="TtrpcException">Unimplemented.</exception>
    internal ServedMethod Find(ReadOnlySpan<byte> service, ReadOnlySpan<byte> method)
    {
        bool plausible = service.Length <= MaxNameBytes && method.Length <= MaxNameBytes;
        string key = plausible ? Key(Encoding.UTF8.GetString(service), Encoding.UTF8.GetString(method)) : "";
        return _methods.TryGetValue(key, out var found)
            ? found
            : throw new TtrpcException(
                StatusCode.Unimplemented,
                plausible
                    ? $"method \"{key}\" is not served"
                    : $"service or method name of more than {MaxNameBytes} bytes");
    }

    internal void Unexpected(string method, Exception failure) => onUnexpected?.Invoke(method, failure);

    private static string Key(string service, string method) => $"{service}/{method}";
}
