using Akka.Actor;
using Akka.Persistence;
using KataActors.Runtime.Sandboxes.Core;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// The commands that remove, and what follows from a removal in this actor.
internal sealed partial class SandboxActor
{
    private void Delete(DeleteContainer delete)
    {
        var id = delete.Key.Id;
        if (_creations.TryGetValue(id, out var creation))
        {
            DeleteUnfinished(creation, delete);
            return;
        }

        if (!_state.Record.Containers.TryGetValue(id, out var container))
        {
            // The sandbox's own container may be gone from the record already, while a removal that failed is still to be repeated.
            if (id == _state.Record.Key.Id && _state.Record.Exists)
            {
                TearDown("", Sender, new Deleted());
                return;
            }

            Sender.Tell(delete.Force ? new Deleted() : Failure.NoSuchContainer(id));
            return;
        }

        if (RefuseDelete(container, delete.Force) is { } refusal)
        {
            Sender.Tell(refusal);
        }
        else if (id == _state.Record.Key.Id)
        {
            TearDown("", Sender, new Deleted());
        }
        else
        {
            RemoveContainer(id, Sender);
        }
    }

    private void DeleteUnfinished(Creation creation, DeleteContainer delete)
    {
        if (!delete.Force)
        {
            Sender.Tell(new Failure(FailureCode.FailedPrecondition, $"cannot delete container \"{creation.Id}\" that is not stopped: creating"));
            return;
        }

        Fail(creation, new Failure(FailureCode.Cancelled, "it was deleted meanwhile"));
        if (creation.MakesSandbox)
        {
            TearDown("", Sender, new Deleted());
        }
        else
        {
            RemoveContainer(creation.Id, Sender);
        }
    }

    private Failure? RefuseDelete(ContainerRecord container, bool force)
    {
        var id = container.Key.Id;
        if (force)
        {
            return null;
        }

        if (container.Status is ContainerStatus.Running or ContainerStatus.Paused)
        {
            return new Failure(
                FailureCode.FailedPrecondition,
                $"cannot delete container \"{id}\" that is not stopped: {container.Status.ToString().ToLowerInvariant()}");
        }

        var others = _state.Record.Containers.Keys.Where(other => other != id).Order(StringComparer.Ordinal).ToArray();
        return id == _state.Record.Key.Id && others.Length > 0
            ? new Failure(FailureCode.FailedPrecondition, $"cannot delete sandbox \"{id}\": it still has containers: {string.Join(", ", others)}")
            : null;
    }

    private void TearDown(string reason, IActorRef requester, object reply) =>
        Decide(new Remove(_registration.Key.Id, IsWhole: true, reason, Waiting(requester, reply)));

    private void RemoveContainer(string id, IActorRef requester) =>
        Decide(new Remove(id, IsWhole: false, "", Waiting(requester, new Deleted())));

    // Only the journal's rows are left; should they stay, they say that nothing else does.
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
            // A creation is answered by the manager, when this actor has stopped.
            Sender.Tell(Failure.NoSuchContainer(routed.Key.Id));
        }
    }

    private void Forget(string id)
    {
        _removed.Add(id);
        Context.Parent.Tell(new ContainerGone(new ContainerKey(_state.Record.Key.Root, id)));
        AnswerWaiters(id, new SandboxQueries.ContainerExit(137, "the container was deleted"));
        StopContainerActor(id);
        EndUpdate(id, new Failure(FailureCode.Unavailable, $"cannot update container \"{id}\": it was deleted meanwhile"));
        _standInsGone.Remove(id);
        _quotas.Forget(id);
        _guestsToRestore.Remove(id);
    }
}
