using Google.Protobuf;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Runtime.Gateway;

/// <summary>Checks the parts of requests. An error is thrown as the caller's answer.</summary>
internal static class Requests
{
    /// <summary>Most bytes of output or input that one call carries.</summary>
    public const int MaxChunk = 1024 * 1024;

    private const int MaxPath = 4096;
    private const int LastSignal = 64;
    private const uint LongestPollMs = 60_000;

    /// <summary>The container that a request names.</summary>
    public static ContainerKey Key(ContainerRef? container) =>
        container is null ? throw Invalid("request names no container") : Key(container.Root, container.Id);

    /// <summary>An id within the id space of a root.</summary>
    public static ContainerKey Key(string root, string id)
    {
        CheckPath("root", root);
        return ContainerId.TryParse(id, out var parsed, out var error) ? new ContainerKey(root, parsed.Value) : throw Invalid(error);
    }

    /// <summary>An absolute path; it is only compared or shown.</summary>
    public static string CheckPath(string name, string path)
    {
        if (path.Length is 0 or > MaxPath || path[0] != '/' || path.Contains('\0'))
        {
            throw Invalid($"{name} \"{Shown(path)}\" is not an absolute path of at most {MaxPath} characters");
        }

        return path;
    }

    /// <summary>A signal of signal(7), or 0, which is only checked (kill(2)).</summary>
    public static int Signal(uint number) =>
        number <= LastSignal ? (int)number : throw Invalid($"signal {number} is not between 0 and {LastSignal}");

    /// <summary>A change of limits.</summary>
    public static ResourcesSpec Resources(ByteString document) =>
        ResourcesUpdate.TryParse(document.Memory, out var change, out var error) ? change : throw Invalid(error.Message);

    /// <summary>The caller's wait, within bounds; a caller that wants to wait longer asks again.</summary>
    public static TimeSpan Poll(uint milliseconds) => TimeSpan.FromMilliseconds(Math.Min(milliseconds, LongestPollMs));

    /// <summary>The answer to an invalid request.</summary>
    public static TtrpcException Invalid(string message) => new(StatusCode.InvalidArgument, message);

    private static string Shown(string text) => text[..Math.Min(text.Length, 64)].Replace("\0", "\\0", StringComparison.Ordinal);
}
