namespace KataActors.Architecture.Tests;

/// <summary>The checkout that these tests were built from.</summary>
internal static class Checkout
{
    private const string Solution = "KataActors.sln";

    public static string Root { get; } = FindRoot();

    public static string SolutionText => File.ReadAllText(Path.Combine(Root, Solution));

    /// <summary>All project files below a folder, as paths relative to the root with forward slashes.</summary>
    public static IEnumerable<string> Projects(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file))
            .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, Solution)))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"no {Solution} above {AppContext.BaseDirectory}");
    }
}
