namespace KataActors.Callers.Tests;

/// <summary>One storage of podman, and one daemon, for all classes that drive it.</summary>
[CollectionDefinition(Name)]
public sealed class PodmanCollection : ICollectionFixture<Podman>
{
    public const string Name = "podman";
}
