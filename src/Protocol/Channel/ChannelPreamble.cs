namespace KataActors.Protocol.Channel;

/// <summary>
/// What host and guest exchange before the first frame; docs/agent-channel.md holds the whole protocol. No first byte of a preamble
/// is zero, and that of a ttrpc frame always is.
/// </summary>
internal static class ChannelPreamble
{
    public const int MagicSize = 16;
    public const int NonceSize = 16;

    /// <summary>So many first bytes of the nonce stand behind each frame of the host, and prove that it is whole.</summary>
    public const int TagSize = 8;

    /// <summary>Opens the host's preamble.</summary>
    public static ReadOnlySpan<byte> HostMagic =>
    [
        0xf5, (byte)'K', (byte)'A', (byte)'-', (byte)'H', (byte)'O', (byte)'S', (byte)'T',
        (byte)'-', (byte)'H', (byte)'E', (byte)'L', (byte)'L', (byte)'O', (byte)'-', (byte)'1',
    ];

    /// <summary>Opens the guest's echo; a channel that merely sends back what it gets does not pass for a guest.</summary>
    public static ReadOnlySpan<byte> GuestMagic =>
    [
        0xf6, (byte)'K', (byte)'A', (byte)'-', (byte)'G', (byte)'U', (byte)'E', (byte)'S',
        (byte)'T', (byte)'H', (byte)'E', (byte)'L', (byte)'L', (byte)'O', (byte)'-', (byte)'1',
    ];

    public static byte[] Host(ReadOnlySpan<byte> nonce) => [.. HostMagic, .. nonce];

    public static byte[] Guest(ReadOnlySpan<byte> nonce) => [.. GuestMagic, .. nonce];
}
