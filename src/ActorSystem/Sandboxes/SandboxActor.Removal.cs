using Akka.Actor;
using Akka.Persistence;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// The end of this actor after a removal.
internal sealed partial class SandboxActor
{
    // Only the rows in the journal are left; if they stay, they record the removal.
    private void Leaving(object message)
    {
        if (message is DeleteMessagesSuccess or DeleteMessagesFailure)
        {
            Context.Stop(Self);
        }
        else if (message is DeleteContainer { Force: true })
        {
            Sender.Tell(new Deleted());
        }
        else if (message is IContainerMessage routed and not CreateContainer)
        {
            // The manager answers a creation when this actor has stopped.
            Sender.Tell(Failure.NoSuchContainer(routed.Key.Id));
        }
    }

    private void Forget(string id)
    {
        _removed.Add(id);
        Context.Parent.Tell(new ContainerGone(new ContainerKey(_state.Record.Key.Root, id)));
        AnswerWaiters(id, new ContainerExit(137, "the container was deleted"));
        StopContainerActor(id);
        _standInsGone.Remove(id);
    }
}
