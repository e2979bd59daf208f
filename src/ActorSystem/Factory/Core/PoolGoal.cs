namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// The target size of the pool, and the pause before the next boot. The target starts at the minimum. Each request without a ready VM raises it by
/// one, each interval without demand lowers it by one, within the minimum and the maximum.
/// </summary>
/// <param name="Target">How many VMs should be ready.</param>
internal sealed record PoolGoal(int Target)
{
    /// <summary>The pause after a failed or ended VM.</summary>
    public static readonly TimeSpan FirstRefillPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_longestRefillPause = TimeSpan.FromMinutes(5);

    /// <summary>The attempts at a lasting VM.</summary>
    public Pauses Refills { get; init; } = new(FirstRefillPause, s_longestRefillPause);

    /// <summary>The pause under way; zero for none.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>The requests since the last tick that have taken a VM, or found none.</summary>
    public int Demand { get; init; }

    /// <summary>After a request that took a VM.</summary>
    public PoolGoal AfterHit() => this with { Demand = Demand + 1 };

    /// <summary>After a request without a ready VM.</summary>
    public PoolGoal AfterMiss(FactorySettings settings) => this with
    {
        Demand = Demand + 1,
        Target = Math.Clamp(Target + 1, settings.PoolMinimum, settings.PoolMaximum),
    };

    /// <summary>After an interval: without demand the target falls by one.</summary>
    public PoolGoal AfterTick(FactorySettings settings) => this with
    {
        Demand = 0,
        Target = Demand == 0 && Target > settings.PoolMinimum ? Target - 1 : Target,
    };

    /// <summary>With the minimum as the least target.</summary>
    public PoolGoal AtLeast(int minimum) => this with { Target = Math.Max(Target, minimum) };
}
