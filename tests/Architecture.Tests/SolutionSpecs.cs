using Xunit;

namespace KataActors.Architecture.Tests;

public class SolutionSpecs
{
    [Fact]
    public void Should_hold_every_project()
    {
        var solution = Checkout.SolutionText.Replace('\\', '/');

        Assert.Equal([], Checkout.Projects("src").Concat(Checkout.Projects("tests"))
            .Where(project => !solution.Contains($"\"{project}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void Should_have_tests_for_every_source_folder()
    {
        var folders = Directory.EnumerateDirectories(Path.Combine(Checkout.Root, "src")).Select(Path.GetFileName);

        Assert.Equal([], folders.Where(folder => !Directory.Exists(Path.Combine(Checkout.Root, "tests", $"{folder}.Tests"))));
    }
}
