namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// The connection ended before the answer came, without a breach of the protocol, as when the peer dies. Code <see cref="StatusCode.Unavailable"/>.
/// </summary>
/// <param name="message">Names the peer and the cause.</param>
/// <param name="wasSent">True when the whole request was sent, so that the peer may have carried it out; false when it cannot have.</param>
public sealed class TtrpcConnectionLostException(string message, bool wasSent) : TtrpcException(StatusCode.Unavailable, message)
{
    /// <summary>Whether the peer may have carried out the request.</summary>
    public bool WasSent { get; } = wasSent;
}
