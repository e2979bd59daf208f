using Google.Protobuf;

namespace KataActors.Protocol.Ttrpc;

/// <summary>An entry of a server's table: the request's parser and the handler.</summary>
internal abstract class ServedMethod(string name)
{
    public string Name => name;

    /// <exception cref="InvalidProtocolBufferException">The payload is not such a message.</exception>
    /// <exception cref="TtrpcException">The payload is out of bounds.</exception>
    public abstract IMessage Parse(ReadOnlySpan<byte> payload);

    public abstract Task<IMessage> InvokeAsync(IMessage request, TtrpcCallContext context);
}

internal sealed class ServedMethod<TRequest, TResponse>(
    string name, MessageParser<TRequest> parser, Func<TRequest, TtrpcCallContext, Task<TResponse>> handler, MessageBounds? bounds)
    : ServedMethod(name)
    where TRequest : IMessage<TRequest>
    where TResponse : IMessage<TResponse>
{
    // Unknown fields of a request are not kept.
    private readonly MessageParser<TRequest> _parser = parser.WithDiscardUnknownFields(true);

    public override IMessage Parse(ReadOnlySpan<byte> payload)
    {
        bounds?.Check(payload);
        return _parser.ParseFrom(payload);
    }

    public override async Task<IMessage> InvokeAsync(IMessage request, TtrpcCallContext context) =>
        await handler((TRequest)request, context).ConfigureAwait(false);
}
