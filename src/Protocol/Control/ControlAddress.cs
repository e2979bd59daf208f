using System.Text;

namespace KataActors.Protocol.Control;

/// <summary>Where a daemon listens: the absolute path of its Unix socket, also accepted as <c>unix:///path</c>.</summary>
public sealed record ControlAddress
{
    private const string Scheme = "unix://";

    // sun_path of unix(7) has 108 bytes, the last one is NUL.
    private const int LongestPath = 107;

    private ControlAddress(string path) => Path = path;

    /// <summary>The address of the node's daemon.</summary>
    public static ControlAddress Default { get; } = new("/run/kata-actors/daemon.sock");

    /// <summary>Path of the socket.</summary>
    public string Path { get; }

    /// <summary>Directory of the socket: the daemon's run directory.</summary>
    public string RunDirectory => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is no such address; the message says why.</exception>
    public static ControlAddress Parse(string text)
    {
        string path = text.StartsWith(Scheme, StringComparison.Ordinal) ? text[Scheme.Length..] : text;
        string? fault = path switch
        {
            "" => "is empty",
            _ when path[0] != '/' => "is not an absolute path",
            _ when path[^1] == '/' => "names a directory",
            _ when path.Contains('\0') => "holds a NUL",
            _ when Encoding.UTF8.GetByteCount(path) > LongestPath => $"is longer than {LongestPath} bytes",
            _ => null,
        };
        return fault is null
            ? new ControlAddress(path)
            : throw new FormatException($"address \"{text.Replace("\0", "\\0", StringComparison.Ordinal)}\" {fault}");
    }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
