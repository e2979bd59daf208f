using Xunit;

namespace KataActors.Linux.Tests;

/// <summary>Tests that change or examine process-wide state (descriptors, signal actions) run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "process-wide";
}
