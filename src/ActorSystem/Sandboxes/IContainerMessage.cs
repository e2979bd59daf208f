namespace KataActors.Runtime.Sandboxes;

/// <summary>A message that concerns one container and is routed by its key.</summary>
public interface IContainerMessage
{
    /// <summary>The container's key.</summary>
    ContainerKey Key { get; }
}

/// <summary>A message that concerns one process of a container.</summary>
public interface IProcessMessage : IContainerMessage
{
    /// <summary>The id of an added process; empty for the container's first one.</summary>
    string Process { get; }
}
