namespace KataActors.Callers.Tests.Support;

/// <summary>The output of <c>make build</c> in this test's checkout.</summary>
internal static class Installation
{
    public static string CommandLine => Path.Combine(Checkout, "artifacts", "prefix", "bin", "kata-actors");

    public static string Checkout { get; } = FindCheckout();

    private static string FindCheckout()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (Directory.Exists(Path.Combine(directory.FullName, "artifacts", "prefix")))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException("no artifacts/prefix above the test: run make build first");
    }
}
