namespace KataActors.Protocol.Ttrpc;

/// <summary>The peer broke the protocol: the connection is of no further use.</summary>
internal sealed class MalformedFrameException(string message) : Exception(message);
