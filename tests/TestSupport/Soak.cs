using System.Globalization;

namespace KataActors.TestSupport;

/// <summary>The number of runs of a test for rare failures: a few in the suite, n by <c>make soak RUNS=n</c>.</summary>
public static class Soak
{
    /// <summary>The variable with the number of runs.</summary>
    public const string Variable = "KATA_ACTORS_TEST_RUNS";

    /// <param name="usual">The number in the suite.</param>
    public static int Runs(int usual) =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } wanted ? int.Parse(wanted, CultureInfo.InvariantCulture) : usual;
}
