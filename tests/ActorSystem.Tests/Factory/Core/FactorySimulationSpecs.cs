using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>Many lives of a factory by seed: a failure names the seed, which repeats it.</summary>
public sealed class FactorySimulationSpecs
{
    [Fact]
    public void Should_grant_each_vm_once_and_leave_none_in_every_order_of_what_happens()
    {
        var (first, runs) = (Soak.FirstSeed, Soak.Runs(usual: 1000));
        var grants = 0;
        for (var at = first; at < first + runs; at++)
        {
            grants += Run(at);
        }

        TestContext.Current.SendDiagnosticMessage($"factory simulation: {grants} grants in {runs} lives from seed {first}");
        Assert.NotEqual(0, grants);
    }

    private static int Run(int seed)
    {
        var simulation = new FactorySimulation(seed);
        try
        {
            simulation.Run();
            return simulation.Grants;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
        }
    }
}
