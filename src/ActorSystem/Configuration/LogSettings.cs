using Serilog.Events;

namespace KataActors.Runtime.Configuration;

/// <summary>How the daemon writes its log; keys <c>kata-actors.log.*</c>.</summary>
/// <param name="Level">The lowest level written.</param>
/// <param name="Format">The form of a line.</param>
/// <param name="File">The log file; null for standard error, empty for the usual place.</param>
/// <param name="MaxFileBytes">The size at which a file is rolled over.</param>
/// <param name="MaxFiles">The number of files kept.</param>
public sealed record LogSettings(LogEventLevel Level, LogFormat Format, string? File, long MaxFileBytes, int MaxFiles)
{
    /// <summary>Whether the file may be a symbolic link: true for a file named by the administrator.</summary>
    public bool FollowsLinks { get; init; }
}

/// <summary>The form of a log line.</summary>
public enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One compact JSON object a line.</summary>
    Json,
}
