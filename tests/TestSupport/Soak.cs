using System.Globalization;

namespace KataActors.TestSupport;

/// <summary>The number of runs of a test for rare failures: a few in the suite, n by <c>make soak RUNS=n</c>.</summary>
public static class Soak
{
    /// <summary>The variable with the number of runs.</summary>
    public const string Variable = "KATA_ACTORS_TEST_RUNS";

    private const string SeedVariable = "KATA_ACTORS_TEST_SEED";

    /// <summary>The seed of the first of many random runs (<c>make simulate SEED=n</c>).</summary>
    public static int FirstSeed => Number(SeedVariable, usual: 1);

    /// <param name="usual">The number in the suite.</param>
    public static int Runs(int usual) => Number(Variable, usual);

    private static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } wanted ? int.Parse(wanted, CultureInfo.InvariantCulture) : usual;
}
