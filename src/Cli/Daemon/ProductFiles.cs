namespace KataActors.Cli.Daemon;

/// <summary>The product's programs, found relative to the running one: <c>PREFIX/bin</c> or <c>PREFIX/libexec/kata-actors</c>.</summary>
internal static class ProductFiles
{
    /// <summary>The daemon's program.</summary>
    public static string Daemon => Path.Combine(Prefix, "bin", "kata-actorsd");

    /// <summary>The stand-in's program.</summary>
    public static string StandIn => Path.Combine(Prefix, "libexec", "kata-actors", "kata-actors-standin");

    private static string Prefix
    {
        get
        {
            var directory = Path.GetDirectoryName(Environment.ProcessPath)!;
            var parent = Path.GetDirectoryName(directory)!;
            return Path.GetFileName(directory) == "bin" ? parent : Path.GetDirectoryName(parent)!;
        }
    }
}
