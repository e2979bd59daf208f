using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>Many lives of a pod by seed, most of them from its creation on: a failure names the seed and the crash point, which repeat it.</summary>
public sealed class SimulationSpecs
{
    private readonly SortedDictionary<string, int> _grants = new(StringComparer.Ordinal);

    [Fact]
    public void Should_come_to_the_end_with_nothing_left_in_every_order_of_replies()
    {
        var (first, runs) = (Soak.FirstSeed, Soak.Runs(usual: 2000));
        for (var seed = first; seed < first + runs; seed++)
        {
            Run(seed, crashAt: 0);
        }

        var grants = string.Join(", ", _grants.Select(grant => $"{grant.Value} {grant.Key}"));
        TestContext.Current.SendDiagnosticMessage($"simulation: {runs} orders from seed {first}, vms: {grants}");
    }

    [Fact]
    public void Should_come_to_the_end_with_nothing_left_wherever_the_daemon_crashes()
    {
        var (first, seeds, crashes) = (Soak.FirstSeed, Math.Max(1, Soak.Runs(usual: 2000) / 50), 0);
        for (var seed = first; seed < first + seeds; seed++)
        {
            var points = Run(seed, crashAt: 0);
            for (var point = 1; point <= points; point++, crashes++)
            {
                Run(seed, point);
            }
        }

        TestContext.Current.SendDiagnosticMessage($"simulation: {crashes} crash points of {seeds} orders from seed {first}");
        Assert.NotEqual(0, crashes);
    }

    private int Run(int seed, int crashAt)
    {
        var simulation = new Simulation(seed, crashAt);
        try
        {
            simulation.Run();
            foreach (var (source, count) in simulation.Grants)
            {
                _grants[source] = _grants.GetValueOrDefault(source) + count;
            }

            return simulation.Passed;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}, crash at {crashAt}: {e.Message}\n{simulation.Trace}", e);
        }
    }
}
