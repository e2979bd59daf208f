namespace KataActors.Callers.Tests;

/// <summary>One containerd for all classes that call it as Kubernetes does.</summary>
[CollectionDefinition(Name)]
public sealed class CriCollection : ICollectionFixture<CriNode>
{
    public const string Name = "cri";
}
