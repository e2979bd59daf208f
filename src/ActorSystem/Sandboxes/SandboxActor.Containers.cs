using Akka.Actor;
using Akka.Event;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes.Core;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxQueries;

namespace KataActors.Runtime.Sandboxes;

// Commands to containers that exist, and what the containers report.
internal sealed partial class SandboxActor
{
    private readonly HashSet<string> _standInsGone = [];

    private void StartContainerProcess(StartContainer start) => Decide(new Start(start.Key.Id, Waiting(Sender, new Started())!.Value));

    private void ToContainer(IContainerMessage message)
    {
        var id = message.Key.Id;
        if (_containers.TryGetValue(id, out var actor))
        {
            actor.Forward(message);
            return;
        }

        Sender.Tell(_state.Record.Containers.TryGetValue(id, out var container) || _creations.ContainsKey(id)
            ? new Failure(
                container?.Status == ContainerStatus.Stopped ? FailureCode.FailedPrecondition : FailureCode.Unavailable,
                $"container \"{id}\" is {(container?.Status ?? ContainerStatus.Creating).ToString().ToLowerInvariant()}")
            : _life == SandboxLife.Unread && !_removed.Contains(id) ? new Failure(FailureCode.Unavailable, $"container \"{id}\" is not known, and may be in the journal, which cannot be read")
            : Failure.NoSuchContainer(id));
    }

    private bool OnContainerEvent(object message)
    {
        switch (message)
        {
            case ContainerProtocol.ProcessExited exited:
                Decide(new ProcessEnded(exited.Id, exited.Code, exited.Reason));
                return true;
            case ContainerProtocol.KillUnheeded unheeded:
                EndVmAsLost($"container \"{unheeded.Id}\" did not end within {Deadlines.Kill.TotalSeconds:0.#} s of its SIGKILL");
                return true;
            case ContainerProtocol.StandInExited ended:
                _standInsGone.Add(ended.Id);
                Decide(new Changed());
                return true;
            default:
                return false;
        }
    }

    // Records the end of those of the containers that have not ended, and tells who waits.
    private void RecordExits(IEnumerable<string> ids, int code, string reason, Action then)
    {
        var now = JournalTime.ToUnixNs(DateTimeOffset.UtcNow);
        var exits = ids
            .Where(id => _state.Record.Containers.GetValueOrDefault(id)?.Status is ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused)
            .Select(id => new ContainerExited { Id = id, ExitCode = code, Reason = reason, ExitedUnixNs = now })
            .ToArray();
        RecordAll(exits, () =>
        {
            foreach (var exit in exits)
            {
                TellExit(exit);
            }

            if (exits.Length > 0)
            {
                OnContainerEnded();
            }

            then();
        });
    }

    private void TellExit(ContainerExited exit)
    {
        _log.Info("container {0} exited with code {1} {2}", exit.Id, exit.ExitCode, exit.Reason);
        AnswerWaiters(exit.Id, new ContainerExit(exit.ExitCode, exit.Reason));
    }

    private void OnContainerEnded()
    {
        if (_state.Record.Containers.Values.Any(IsLive))
        {
            ApplyLimits();
        }
        else
        {
            ApplyLimitsAfterLastEnd();
        }
    }

    private bool IsLive(ContainerRecord container) =>
        container.Status is ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused && _containers.ContainsKey(container.Key.Id);
}
