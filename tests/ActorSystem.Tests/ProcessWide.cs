using Xunit;

namespace KataActors.Runtime.Tests;

/// <summary>Tests that change what the whole test process shares, such as its limits, run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "process-wide";
}
