namespace KataActors.Protocol.Ttrpc;

/// <summary>The bounds of the protocol and of this implementation.</summary>
public static class TtrpcLimits
{
    /// <summary>Most bytes that a frame's data may have (ttrpc's own limit).</summary>
    public const int MaxFrameData = 4 * 1024 * 1024;

    /// <summary>Most descriptors that one message may carry. (The kernel's own limit, SCM_MAX_FD, is 253.)</summary>
    public const int MaxDescriptors = 200;

    /// <summary>Default for the calls that may be in flight on one connection.</summary>
    public const int MaxCallsInFlight = 1024;

    /// <summary>
    /// Chunk size for streamed bytes: with both envelopes around it, it still fits into 64 KiB.
    /// </summary>
    public const int StreamChunk = 64 * 1024 - 512;

    /// <summary>The connection counts as lost when the peer takes no byte of a frame for this time.</summary>
    internal static readonly TimeSpan SendStall = TimeSpan.FromSeconds(30);

    /// <summary>Most characters of an error message that are sent or accepted.</summary>
    internal const int MaxMessageLength = 4096;

    /// <summary>Buffers above this size are dropped after use instead of kept for the next frame.</summary>
    internal const int MaxKeptBuffer = 96 * 1024;

    internal const int FirstBuffer = 2048;
}
