namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// How many VMs should be ready, and when the next one may boot: as many as the minimum, one more after each request that found none, and one fewer
/// after each quiet while, up to the maximum and down to the minimum.
/// </summary>
/// <param name="Target">How many VMs should be ready.</param>
internal sealed record PoolGoal(int Target)
{
    /// <summary>The pause after a VM that failed, or was ended.</summary>
    public static readonly TimeSpan FirstRefillPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_longestRefillPause = TimeSpan.FromMinutes(5);

    /// <summary>The attempts at a VM that lasts.</summary>
    public Pauses Refills { get; init; } = new(FirstRefillPause, s_longestRefillPause);

    /// <summary>The pause that is under way; zero for none.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>How many requests have taken a VM, or found none, since the last tick.</summary>
    public int Demand { get; init; }

    /// <summary>A request has taken a VM.</summary>
    public PoolGoal AfterHit() => this with { Demand = Demand + 1 };

    /// <summary>A request has found none ready.</summary>
    public PoolGoal AfterMiss(FactorySettings settings) => this with
    {
        Demand = Demand + 1,
        Target = Math.Clamp(Target + 1, settings.PoolMinimum, settings.PoolMaximum),
    };

    /// <summary>A while has passed: without demand one VM fewer is wanted.</summary>
    public PoolGoal AfterTick(FactorySettings settings) => this with
    {
        Demand = 0,
        Target = Demand == 0 && Target > settings.PoolMinimum ? Target - 1 : Target,
    };

    /// <summary>At least the minimum is wanted.</summary>
    public PoolGoal AtLeast(int minimum) => this with { Target = Math.Max(Target, minimum) };
}
