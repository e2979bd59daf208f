using KataActors.Protocol.Control;

namespace KataActors.Cli;

/// <summary>One process of a container, as its stand-in and the daemon name it.</summary>
/// <param name="Container">The container.</param>
/// <param name="Id">The id of an added process; empty: the container's first one.</param>
internal sealed record ContainerProcess(ContainerRef Container, string Id = "")
{
    public bool IsFirst => Id.Length == 0;

    /// <summary>For messages.</summary>
    public override string ToString() => IsFirst ? $"container \"{Container.Id}\"" : $"process {Id} of container \"{Container.Id}\"";
}
