using Akka.Actor;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The stages of a removal, in their order. Each has a deadline, after which the next one, which is harsher, begins.</summary>
internal enum RemovalStage
{
    /// <summary>Processes that still run are killed.</summary>
    Killing,

    /// <summary>The stand-ins write what they have still to write, and end.</summary>
    Draining,

    /// <summary>The agent removes the container, or says farewell.</summary>
    Farewell,

    /// <summary>The VM is stopped; a container's mounts are detached.</summary>
    Stopping,

    /// <summary>The cgroups go.</summary>
    Cleaning,

    /// <summary>The run directory goes: not before what the note in it names is gone.</summary>
    Releasing,

    /// <summary>The fact is recorded.</summary>
    Recording,
}

/// <summary>One removal under way: of one container, or of the whole sandbox. Every step is tried, and what fails is collected.</summary>
internal sealed class Removal(string id, bool whole)
{
    /// <summary>The container whose removal was asked for.</summary>
    public string Id { get; } = id;

    /// <summary>Whether the VM goes too.</summary>
    public bool Whole { get; } = whole;

    /// <summary>Who waits, and for what answer when all goes well.</summary>
    public List<(IActorRef Asker, object Reply)> Askers { get; } = [];

    /// <summary>What went wrong so far.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>Where it is.</summary>
    public RemovalStage Stage { get; set; }

    /// <summary>Answers that the stage still waits for.</summary>
    public int Pending { get; set; }
}
