namespace KataActors.Protocol.Channel;

/// <summary>
/// The exchange of host and guest before the first frame; the whole protocol is in docs/agent-channel.md. The first byte of a preamble
/// is never zero, that of a ttrpc frame always.
/// </summary>
internal static class ChannelPreamble
{
    public const int MagicSize = 16;
    public const int NonceSize = 16;

    /// <summary>The length of the tag: the nonce's first bytes, sent behind each frame of the host as proof that the frame is complete.</summary>
    public const int TagSize = 8;

    /// <summary>Opens the host's preamble.</summary>
    public static ReadOnlySpan<byte> HostMagic =>
    [
        0xf5, (byte)'K', (byte)'A', (byte)'-', (byte)'H', (byte)'O', (byte)'S', (byte)'T',
        (byte)'-', (byte)'H', (byte)'E', (byte)'L', (byte)'L', (byte)'O', (byte)'-', (byte)'1',
    ];

    /// <summary>Opens the guest's echo; it differs from the host's, so a channel that sends back its own input is not mistaken for a guest.</summary>
    public static ReadOnlySpan<byte> GuestMagic =>
    [
        0xf6, (byte)'K', (byte)'A', (byte)'-', (byte)'G', (byte)'U', (byte)'E', (byte)'S',
        (byte)'T', (byte)'H', (byte)'E', (byte)'L', (byte)'L', (byte)'O', (byte)'-', (byte)'1',
    ];

    public static byte[] Host(ReadOnlySpan<byte> nonce) => [.. HostMagic, .. nonce];

    public static byte[] Guest(ReadOnlySpan<byte> nonce) => [.. GuestMagic, .. nonce];
}
