using System.Globalization;

namespace KataActors.TestSupport;

/// <summary>The factor of the deadlines of tests on a machine that is itself emulated.</summary>
public static class Patience
{
    private const string Variable = "KATA_ACTORS_TEST_PATIENCE";

    /// <summary>1 on a real machine.</summary>
    public static int Factor { get; } =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } factor ? int.Parse(factor, CultureInfo.InvariantCulture) : 1;
}
