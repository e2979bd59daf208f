using Akka.Actor;
using Akka.Event;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes;

// Commands to existing containers, and the reports of containers.
internal sealed partial class SandboxActor
{
    private readonly HashSet<string> _standInsGone = [];

    private void ToContainer(IContainerMessage message)
    {
        var id = message.Key.Id;
        if (_containers.TryGetValue(id, out var actor))
        {
            actor.Forward(message);
            return;
        }

        Sender.Tell(_state.Record.Containers.TryGetValue(id, out var container)
            ? new Failure(
                container.Status == ContainerStatus.Stopped ? FailureCode.FailedPrecondition : FailureCode.Unavailable,
                $"container \"{id}\" is {container.Status.ToString().ToLowerInvariant()}")
            : _life == SandboxLife.Unread && !_removed.Contains(id) ? new Failure(FailureCode.Unavailable, $"container \"{id}\" is not known, and may be in the journal, which cannot be read")
            : Failure.NoSuchContainer(id));
    }

    private void TellExit(ContainerExited exit)
    {
        _log.Info("container {0} exited with code {1} {2}", exit.Id, exit.ExitCode, exit.Reason);
        AnswerWaiters(exit.Id, new ContainerExit(exit.ExitCode, exit.Reason));
    }
}
