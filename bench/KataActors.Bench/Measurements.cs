using System.Collections.Immutable;

namespace KataActors.Bench;

/// <summary>A floor and a sandbox, started one after the other.</summary>
internal sealed record ColdStart
{
    public TimeSpan Floor { get; init; }

    public required TimeSpan Create { get; init; }

    public required TimeSpan Start { get; init; }

    public ulong FloorAgentRssKib { get; init; }

    public required ulong EarlyStandInPssKib { get; init; }

    public required ulong StandInPssKib { get; init; }

    public required SandboxDetails Details { get; init; }

    public double Ratio => (Create + Start) / Floor;
}

/// <summary>What was measured on one running container.</summary>
internal sealed record RunningFigures(ImmutableArray<CommandPairs> Commands, ImmutableArray<StreamPair> Streams, ExecLoad Execs);

/// <summary>Everything that a run measured.</summary>
internal sealed record Measurements(ImmutableArray<ColdStart> ColdStarts, RunningFigures Running, FactoryMeasurements Factory);
