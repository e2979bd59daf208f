using Akka.Actor;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The commands that wait for the end of a sandbox's reconciliation.</summary>
/// <param name="sandbox">The sandbox's id.</param>
internal sealed class DelayedCommands(string sandbox)
{
    private const int LongestQueue = 1000;

    private readonly Queue<(object Command, IActorRef Requester)> _commands = new();

    /// <summary>Adds a command, or refuses it when too many wait.</summary>
    public void Add(object command, IActorRef requester)
    {
        if (_commands.Count < LongestQueue)
        {
            _commands.Enqueue((command, requester));
        }
        else
        {
            requester.Tell(new Failure(FailureCode.ResourceExhausted, $"sandbox \"{sandbox}\" has too many commands waiting"));
        }
    }

    /// <summary>Sends the commands again, in their order.</summary>
    public void Release(ICanTell shell)
    {
        while (_commands.TryDequeue(out var delayed))
        {
            shell.Tell(delayed.Command, delayed.Requester);
        }
    }

    /// <summary>Refuses all commands.</summary>
    public void Refuse(Failure failure)
    {
        while (_commands.TryDequeue(out var delayed))
        {
            delayed.Requester.Tell(failure);
        }
    }
}
