namespace KataActors.Runtime.Factory;

/// <summary>The factory as shown by <c>factory status</c>. The counts cover this daemon's life.</summary>
/// <param name="Template">The template.</param>
/// <param name="TemplateFolder">The folder of the template.</param>
/// <param name="PoolReady">Number of ready VMs.</param>
/// <param name="PoolBooting">Number of booting pool VMs.</param>
/// <param name="PoolTarget">Present target of ready VMs.</param>
/// <param name="PoolMinimum">Least target.</param>
/// <param name="PoolMaximum">Greatest target.</param>
/// <param name="Booting">All booting VMs, of sandboxes and of the factory.</param>
/// <param name="ConcurrentBoots">Most boots at a time.</param>
/// <param name="Waiting">Number of waiting requests.</param>
/// <param name="Counts">The grants so far.</param>
/// <param name="Memory">Memory shared by the clones.</param>
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
    /// <summary>Why the last pool VM failed; empty when it did not, or when the pool is full.</summary>
    public string PoolProblem { get; init; } = "";
}

/// <summary>Counts of grants.</summary>
/// <param name="PoolHits">Pool VMs.</param>
/// <param name="TemplateHits">Clones.</param>
/// <param name="Misses">Cold boots although a template or a pool is configured: another size, or no VM was ready.</param>
/// <param name="Fallbacks">Cold boots because a clone or a pool VM failed, or no template could be made.</param>
/// <param name="Cold">All cold boots.</param>
/// <param name="LastFallback">The cause of the last fallback; empty for none.</param>
internal sealed record FactoryCounts(long PoolHits, long TemplateHits, long Misses, long Fallbacks, long Cold, string LastFallback)
{
    /// <summary>The counts at the start.</summary>
    public static readonly FactoryCounts Zero = new(0, 0, 0, 0, 0, "");

    /// <summary>The counts after a grant.</summary>
    /// <param name="source">The source of the VM.</param>
    /// <param name="failure">Why a better source has failed; null for no failure.</param>
    /// <param name="better">Whether a template or a pool is configured.</param>
    public FactoryCounts After(string source, string? failure, bool better) => source switch
    {
        VmSources.Pool => this with { PoolHits = PoolHits + 1 },
        VmSources.Template => this with { TemplateHits = TemplateHits + 1 },
        _ when failure is not null => this with { Cold = Cold + 1, Fallbacks = Fallbacks + 1, LastFallback = failure },
        _ => this with { Cold = Cold + 1, Misses = Misses + (better ? 1 : 0) },
    };
}
