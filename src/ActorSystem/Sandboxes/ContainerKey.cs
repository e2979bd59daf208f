namespace KataActors.Runtime.Sandboxes;

/// <summary>A container id in the id space that <c>--root</c> names. A sandbox has the key of its first container.</summary>
/// <param name="Root">The <c>--root</c> of the caller, compared as text and never opened.</param>
/// <param name="Id">A validated container id.</param>
public readonly record struct ContainerKey(string Root, string Id)
{
    /// <inheritdoc/>
    public override string ToString() => Id;
}

/// <summary>A message that concerns one container and is routed by its key.</summary>
public interface IContainerMessage
{
    /// <summary>The container's key.</summary>
    ContainerKey Key { get; }
}
