using Google.Protobuf;

namespace KataActors.Protocol.Ttrpc;

/// <summary>An entry of a server's table: how to read the request, and who answers it.</summary>
internal abstract class ServedMethod(string name)
{
    public string Name => name;

    /// <exception cref="InvalidProtocolBufferException">The payload is no such message.</exception>
    public abstract IMessage Parse(ReadOnlySpan<byte> payload);

    public abstract Task<IMessage> InvokeAsync(IMessage request, TtrpcCallContext context);
}

internal sealed class ServedMethod<TRequest, TResponse>(
    string name, MessageParser<TRequest> parser, Func<TRequest, TtrpcCallContext, Task<TResponse>> handler)
    : ServedMethod(name)
    where TRequest : IMessage<TRequest>
    where TResponse : IMessage<TResponse>
{
    private readonly MessageParser<TRequest> _parser = parser.WithDiscardUnknownFields(true);

    public override IMessage Parse(ReadOnlySpan<byte> payload) => _parser.ParseFrom(payload);

    public override async Task<IMessage> InvokeAsync(IMessage request, TtrpcCallContext context) =>
        await handler((TRequest)request, context).ConfigureAwait(false);
}
