namespace KataActors.Callers.Tests;

/// <summary>One dockerd for all classes that drive it.</summary>
[CollectionDefinition(Name)]
public sealed class DockerCollection : ICollectionFixture<Docker>
{
    public const string Name = "docker";
}
