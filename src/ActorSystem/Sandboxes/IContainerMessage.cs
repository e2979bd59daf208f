namespace KataActors.Runtime.Sandboxes;

/// <summary>A message that concerns one container and is routed by its key.</summary>
public interface IContainerMessage
{
    /// <summary>The container's key.</summary>
    ContainerKey Key { get; }
}
