namespace KataActors.Hypervisor;

/// <summary>A place below the shared directory, such as <c>web/rootfs</c> or <c>web/mounts/0</c>.</summary>
public sealed record SharePath
{
    private const int MaxDepth = 8;
    private const int MaxSegmentLength = 255;

    private SharePath(string value) => Value = value;

    /// <summary>The path, relative, without <c>.</c>, <c>..</c> or empty segments.</summary>
    public string Value { get; }

    /// <summary>Checks a path.</summary>
    /// <exception cref="ArgumentException">It is absolute, or could lead out of the shared directory.</exception>
    public static SharePath Parse(string path)
    {
        var segments = path.Split('/');
        var valid = segments.Length <= MaxDepth
            && segments.All(segment => segment is not ("" or "." or "..") && segment.Length <= MaxSegmentLength && !segment.Any(char.IsControl));
        return valid
            ? new SharePath(path)
            : throw new ArgumentException($"\"{path.Replace("\0", "\\0", StringComparison.Ordinal)}\" is no place below the shared directory");
    }

    /// <summary>The places above it, the nearest first.</summary>
    internal IEnumerable<string> Parents()
    {
        for (var slash = Value.LastIndexOf('/'); slash > 0; slash = Value.LastIndexOf('/', slash - 1))
        {
            yield return Value[..slash];
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
