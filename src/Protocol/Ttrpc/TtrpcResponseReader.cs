namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// Turns an answer's protobuf bytes, valid only during the call, into a result. A <see cref="TtrpcException"/> is passed
/// on to the caller.
/// </summary>
public delegate TResult TtrpcResponseReader<TResult>(ReadOnlySpan<byte> payload);
