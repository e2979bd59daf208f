using System.Collections.Immutable;

namespace KataActors.Bench;

/// <summary>A clone's <c>create</c> and <c>start</c>, and a bare clone, one after the other.</summary>
internal sealed record ClonePair(TimeSpan Ours, TimeSpan Floor)
{
    public double Ratio => Ours / Floor;
}

/// <summary><c>create</c> and <c>start</c> with a VM of the pool, and runc's, one after the other.</summary>
internal sealed record PoolPair(TimeSpan Ours, TimeSpan Peers);

/// <summary>The measurements of the factory.</summary>
/// <param name="Init">From the agent's answer to the end of <c>factory init</c>.</param>
/// <param name="Templates">Clones of the template.</param>
/// <param name="Pool">VMs of the pool.</param>
/// <param name="AtOnce">Ten sandboxes at once from the pool, the median of the times after the first.</param>
/// <param name="PssMib">QEMU and stand-in of one of eight clones.</param>
/// <param name="IdleCores">CPU time of one of twenty pool VMs, in cores.</param>
internal sealed record FactoryMeasurements(
    TimeSpan Init, ImmutableArray<ClonePair> Templates, ImmutableArray<PoolPair> Pool, TimeSpan AtOnce, double PssMib, double IdleCores);
