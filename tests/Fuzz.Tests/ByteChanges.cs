namespace KataActors.Fuzz.Tests;

/// <summary>Changes of a document's bytes, after which it need not be JSON any more.</summary>
internal static class ByteChanges
{
    private static readonly (string Name, Func<byte[], int, byte[]> Apply)[] s_changes =
    [
        ("cut off", (bytes, at) => bytes[..at]),
        ("beginning lost", (bytes, at) => bytes[at..]),
        ("one lost", (bytes, at) => [.. bytes[..at], .. bytes.Skip(at + 1)]),
        ("a bit flipped", (bytes, at) => [.. bytes[..at], .. bytes.Skip(at).Take(1).Select(value => (byte)(value ^ (1 << (at % 8)))), .. bytes.Skip(at + 1)]),
        ("not UTF-8", (bytes, at) => [.. bytes[..at], 0xff, .. bytes[at..]]),
        ("a NUL", (bytes, at) => [.. bytes[..at], 0, .. bytes[at..]]),
        ("a lone surrogate", (bytes, at) => [.. bytes[..at], 0xed, 0xa0, 0x80, .. bytes[at..]]),
        ("twice", (bytes, _) => [.. bytes, .. bytes]),
        ("a byte order mark", (bytes, _) => [0xef, 0xbb, 0xbf, .. bytes]),
        ("spaces", (bytes, at) => [.. bytes[..at], .. Enumerable.Repeat((byte)' ', 4 * 1024 * 1024), .. bytes[at..]]),
        ("a comment", (bytes, at) => [.. bytes[..at], .. "/*x*/"u8, .. bytes[at..]]),
        ("a comma", (bytes, at) => [.. bytes[..at], (byte)',', .. bytes[at..]]),
    ];

    public static int Count => s_changes.Length;

    public static string Name(int kind) => s_changes[kind].Name;

    public static byte[] Apply(int kind, byte[] bytes, Random random) => s_changes[kind].Apply(bytes, random.Next(bytes.Length + 1));
}
