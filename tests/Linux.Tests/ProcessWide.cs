using Xunit;

namespace KataActors.Linux.Tests;

/// <summary>Tests that change or examine what the whole test process shares (descriptors, signal actions) run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "process-wide";
}
