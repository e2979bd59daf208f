using Akka.Actor;

namespace KataActors.Runtime.Sandboxes;

/// <summary>One update command under way.</summary>
internal sealed class ContainerUpdate(string id, IActorRef requester)
{
    /// <summary>The container.</summary>
    public string Id { get; } = id;

    /// <summary>Who waits for the reply.</summary>
    public IActorRef Requester { get; } = requester;

    /// <summary>What has no effect, or could not be done although the limits hold.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Why it is being undone.</summary>
    public Failure? Failure { get; set; }
}
