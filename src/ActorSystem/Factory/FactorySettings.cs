namespace KataActors.Runtime.Factory;

/// <summary>How sandboxes get their VMs; keys <c>kata-actors.factory.*</c>.</summary>
/// <param name="EnableTemplate">Whether VMs are clones of a saved one.</param>
/// <param name="TemplatePath">The folder of the template; empty for one below the run directory.</param>
/// <param name="PoolMinimum">Least target of ready VMs; 0 for none without demand.</param>
/// <param name="PoolMaximum">Greatest target of ready VMs; 0 for no pool.</param>
/// <param name="ConcurrentBoots">Most boots at a time. Sandboxes do not wait for boots of the pool, which come on top.</param>
public sealed record FactorySettings(bool EnableTemplate, string TemplatePath, int PoolMinimum, int PoolMaximum, int ConcurrentBoots);
