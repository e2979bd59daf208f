using System.Globalization;

namespace KataActors.TestSupport;

/// <summary>How often a test of what happens seldom tries it: a few times in the suite, as often as is asked for by <c>make soak RUNS=n</c>.</summary>
public static class Soak
{
    /// <summary>Holds the number of runs.</summary>
    public const string Variable = "KATA_ACTORS_TEST_RUNS";

    /// <param name="usual">The number in the suite.</param>
    public static int Runs(int usual) =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } wanted ? int.Parse(wanted, CultureInfo.InvariantCulture) : usual;
}
