namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// A call that failed. A handler throws it to answer with its code and message; the caller gets it with the same two.
/// </summary>
public class TtrpcException(StatusCode code, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The kind of failure.</summary>
    public StatusCode Code { get; } = code;
}
