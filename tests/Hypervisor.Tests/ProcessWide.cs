namespace KataActors.Hypervisor.Tests;

/// <summary>Tests that change process-wide state, such as limits, run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "process-wide";
}
