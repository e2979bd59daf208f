using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Setup;

/// <summary>Resource limits by the names of the runtime spec (setrlimit(2)).</summary>
internal static class ResourceLimits
{
    private const int OpenFiles = 7;
    private const ulong DefaultOpenFiles = 1_048_576;

    private static readonly string[] s_names =
    [
        "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
    ];

    /// <summary>The number of a limit such as <c>RLIMIT_NOFILE</c>; null when there is no such limit.</summary>
    internal static int? Number(string type) =>
        type.StartsWith("RLIMIT_", StringComparison.Ordinal) && Array.IndexOf(s_names, type[7..]) is >= 0 and var number ? number : null;

    /// <summary>Applies the limits; without a limit of open files in the spec, the usual one of container engines.</summary>
    internal static void Apply(IEnumerable<POSIXRlimit> limits)
    {
        ProcessImage.SetLimit(OpenFiles, DefaultOpenFiles, DefaultOpenFiles);
        foreach (var limit in limits)
        {
            ProcessImage.SetLimit(Number(limit.Type) ?? throw new ArgumentException(limit.Type), limit.Soft, limit.Hard);
        }
    }
}
