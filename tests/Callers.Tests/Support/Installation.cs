namespace KataActors.Callers.Tests.Support;

/// <summary>What <c>make build</c> made in the checkout that this test was built from.</summary>
internal static class Installation
{
    public static string CommandLine => Path.Combine(FindPrefix(), "bin", "kata-actors");

    private static string FindPrefix()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var prefix = Path.Combine(directory.FullName, "artifacts", "prefix");
            if (Directory.Exists(prefix))
            {
                return prefix;
            }
        }

        throw new DirectoryNotFoundException("no artifacts/prefix above the test: run make build first");
    }
}
