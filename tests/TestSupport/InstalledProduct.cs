namespace KataActors.TestSupport;

/// <summary>The programs that <c>make build</c> made in this checkout.</summary>
public static class InstalledProduct
{
    /// <summary>The tree that <c>make install</c> copies.</summary>
    public static string Prefix { get; } = FindPrefix();

    /// <summary>The command line's program.</summary>
    public static string Cli { get; } = Require("bin/kata-actors");

    private static string FindPrefix()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "KataActors.sln")))
            {
                return Path.Combine(directory.FullName, "artifacts", "prefix");
            }
        }

        throw new InvalidOperationException("the tests do not run within a checkout");
    }

    private static string Require(string name) => File.Exists(Path.Combine(Prefix, name))
        ? Path.Combine(Prefix, name)
        : throw new InvalidOperationException($"\"{Path.Combine(Prefix, name)}\" is missing: run make build");
}
