using Akka.Actor;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxQueries;

namespace KataActors.Runtime.Sandboxes;

// Messages on their way to the actors of sandboxes.
internal sealed partial class SandboxManagerActor
{
    private void Inspect(InspectSandbox inspect)
    {
        if (_table.Find(inspect.Key) is { Actor: { } actor })
        {
            actor.Forward(inspect);
            return;
        }

        Sender.Tell(_journalProblem is null ? Absent(inspect.Key) : Unknown(inspect.Key));
    }

    private Failure Absent(ContainerKey sandbox) => _table.Find(sandbox) is null ? Failure.NoSuchSandbox(sandbox.Id) : BeingRevived(sandbox);

    private static Failure BeingRevived(ContainerKey sandbox) => new(FailureCode.Unavailable, $"sandbox \"{sandbox.Id}\" is being revived");

    private void Route(IContainerMessage message)
    {
        // A sandbox with an unreadable journal has reported no container; its first one has its key.
        if ((_table.FindOwner(message.Key) ?? _table.Find(message.Key)) is { } entry)
        {
            if (message is UpdateContainer && _damage is { } damage)
            {
                Sender.Tell(new Failure(FailureCode.Unavailable, $"cannot update container \"{message.Key.Id}\": {damage}"));
                return;
            }

            RouteTo(entry, message);
            return;
        }

        // Absence is reported only when it is certain.
        Sender.Tell(message switch
        {
            DeleteContainer { Force: true } when _journalProblem is null => new Deleted(),
            FinishCreation => new Finished(IsCreated: false),
            _ => Unknown(message.Key),
        });
    }

    // A removal is kept until the sandbox's journal is replayed: the messages of an actor are lost when its replay fails.
    private void RouteTo(Entry entry, IContainerMessage message)
    {
        switch (message, entry.Actor)
        {
            case (DeleteContainer { Force: true } removal, null):
                entry.Removals.Add((removal, Sender));
                Timers.Cancel(entry.Registration.Uuid);
                ReviveNow(entry);
                break;
            case (DeleteContainer { Force: true } removal, _) when !entry.HasRecovered:
                entry.Removals.Add((removal, Sender));
                break;
            case (_, { } actor):
                actor.Forward(message);
                break;
            default:
                Sender.Tell(BeingRevived(entry.Registration.Key));
                break;
        }
    }
}
