namespace KataActors.Protocol.Ttrpc;

/// <summary>The peer broke the protocol: the connection cannot be used further.</summary>
internal sealed class MalformedFrameException(string message) : Exception(message);
