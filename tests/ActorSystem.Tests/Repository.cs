namespace KataActors.Runtime.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string ReferenceConfiguration => Path.Combine(Root, "hocon", "kata-actors.conf");

    public static string TestConfiguration => Path.Combine(Root, "hocon", "test.conf");

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "KataActors.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"no checkout around \"{AppContext.BaseDirectory}\"");
    }
}
