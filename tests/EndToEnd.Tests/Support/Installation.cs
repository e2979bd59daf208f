namespace KataActors.EndToEnd.Tests.Support;

/// <summary>The build of this checkout that <c>make build</c> left in <c>artifacts/prefix</c>.</summary>
internal static class Installation
{
    private static readonly string s_prefix = Find();

    public static string CommandLine => Path.Combine(s_prefix, "bin", "kata-actors");

    public static string Daemon => Path.Combine(s_prefix, "bin", "kata-actorsd");

    /// <summary>Kernel, initramfs and reference configuration.</summary>
    public static string Share => Path.Combine(s_prefix, "share", "kata-actors");

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "KataActors.sln")))
            {
                return Path.Combine(directory.FullName, "artifacts", "prefix");
            }
        }

        throw new InvalidOperationException($"no checkout around \"{AppContext.BaseDirectory}\"");
    }
}
