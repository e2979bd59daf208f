namespace KataActors.Runtime.Factory;

/// <summary>The factory as <c>factory status</c> shows it. The counts are of this daemon's life.</summary>
/// <param name="Template">The template.</param>
/// <param name="TemplateFolder">Where it is.</param>
/// <param name="PoolReady">VMs that are ready.</param>
/// <param name="PoolBooting">VMs on their way there.</param>
/// <param name="PoolTarget">How many should be ready now.</param>
/// <param name="PoolMinimum">The least that should ever be.</param>
/// <param name="PoolMaximum">The most.</param>
/// <param name="Booting">VMs that boot for sandboxes, or for the factory, now.</param>
/// <param name="ConcurrentBoots">The most that may.</param>
/// <param name="Waiting">Requests that wait.</param>
/// <param name="Counts">What was granted, and why not more.</param>
/// <param name="Memory">What the clones share.</param>
internal sealed record FactoryStatus(
    TemplateView Template,
    string TemplateFolder,
    int PoolReady,
    int PoolBooting,
    int PoolTarget,
    int PoolMinimum,
    int PoolMaximum,
    int Booting,
    int ConcurrentBoots,
    int Waiting,
    FactoryCounts Counts,
    SharedMemory Memory)
{
    /// <summary>Why the last VM for the pool failed; empty when it did not, or the pool is full.</summary>
    public string PoolProblem { get; init; } = "";
}

/// <summary>What has been granted.</summary>
/// <param name="PoolHits">VMs from the pool.</param>
/// <param name="TemplateHits">Clones.</param>
/// <param name="Misses">Cold boots although a template or a pool is configured: another size, or nothing was ready.</param>
/// <param name="Fallbacks">Cold boots because a clone or a pool VM failed, or no template could be made.</param>
/// <param name="Cold">All cold boots.</param>
/// <param name="LastFallback">Why the last fallback was; empty when there was none.</param>
internal sealed record FactoryCounts(long PoolHits, long TemplateHits, long Misses, long Fallbacks, long Cold, string LastFallback)
{
    /// <summary>At the start.</summary>
    public static readonly FactoryCounts Zero = new(0, 0, 0, 0, 0, "");

    /// <summary>After a grant.</summary>
    /// <param name="source">Where the VM is from.</param>
    /// <param name="failure">Why it is from there, when something failed; null when nothing did.</param>
    /// <param name="better">A template or a pool is configured.</param>
    public FactoryCounts After(string source, string? failure, bool better) => source switch
    {
        VmSources.Pool => this with { PoolHits = PoolHits + 1 },
        VmSources.Template => this with { TemplateHits = TemplateHits + 1 },
        _ when failure is not null => this with { Cold = Cold + 1, Fallbacks = Fallbacks + 1, LastFallback = failure },
        _ => this with { Cold = Cold + 1, Misses = Misses + (better ? 1 : 0) },
    };
}
