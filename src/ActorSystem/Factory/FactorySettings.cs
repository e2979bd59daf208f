namespace KataActors.Runtime.Factory;

/// <summary>How sandboxes get their VMs; keys <c>kata-actors.factory.*</c>.</summary>
/// <param name="EnableTemplate">VMs are clones of a saved one.</param>
/// <param name="TemplatePath">Where the template is; empty for below the run directory.</param>
/// <param name="PoolMinimum">So many VMs wait ready; 0 for no pool.</param>
/// <param name="PoolMaximum">And up to so many when they are asked for.</param>
/// <param name="ConcurrentBoots">At most so many VMs boot at once.</param>
public sealed record FactorySettings(bool EnableTemplate, string TemplatePath, int PoolMinimum, int PoolMaximum, int ConcurrentBoots);
