using Akka.Actor;

namespace KataActors.Runtime.Containers;

/// <summary>A process of a container.</summary>
/// <param name="Id">The container id.</param>
/// <param name="GuestId">The container's id in the guest.</param>
/// <param name="Process">The id of an added process; empty for the container's first one.</param>
internal sealed record ProcessPlace(string Id, string GuestId, string Process)
{
    /// <summary>Whether it is the container's first process.</summary>
    public bool IsFirst => Process.Length == 0;

    /// <summary>Its id in the guest.</summary>
    public string GuestProcess => IsFirst ? GuestId : Process;

    /// <inheritdoc/>
    public override string ToString() => IsFirst ? $"container \"{Id}\"" : $"process {Process} of container \"{Id}\"";
}

/// <summary>The way to the processes of a guest.</summary>
/// <param name="Agent">The sandbox's AgentActor.</param>
/// <param name="CallTimeout">For a call to the agent.</param>
/// <param name="KillDeadline">From a SIGKILL to the report of the exit.</param>
internal sealed record GuestAccess(IActorRef Agent, TimeSpan CallTimeout, TimeSpan KillDeadline);
