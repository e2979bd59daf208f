namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// Makes a result of an answer's protobuf bytes, which are valid only during the call. It may throw a <see cref="TtrpcException"/>, which
/// becomes the caller's.
/// </summary>
public delegate TResult TtrpcResponseReader<TResult>(ReadOnlySpan<byte> payload);
