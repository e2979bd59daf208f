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
    private static readonly TimeSpan s_failedStartDeadline = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, IActorRef> _starting = [];
    private readonly Dictionary<string, Failure> _failedStarts = [];
    private readonly HashSet<string> _standInsGone = [];

    private void StartContainerProcess(StartContainer start)
    {
        var id = start.Key.Id;
        if (RefuseStart(id) is { } refusal)
        {
            Sender.Tell(refusal);
            return;
        }

        _starting[id] = Sender;
        _containers[id].Tell(new ContainerProtocol.Start());
    }

    private Failure? RefuseStart(string id)
    {
        if (!_state.Record.Containers.TryGetValue(id, out var container))
        {
            return Failure.NoSuchContainer(id);
        }

        var status = _starting.ContainsKey(id) ? "being started" : container.Status.ToString().ToLowerInvariant();
        return container.Status == ContainerStatus.Created && !_starting.ContainsKey(id) && !container.Deleting
            ? null
            : new Failure(FailureCode.FailedPrecondition, $"cannot start container \"{id}\": it is {status}, not created");
    }

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
            : Failure.NoSuchContainer(id));
    }

    private bool OnContainerEvent(object message)
    {
        switch (message)
        {
            case ContainerProtocol.ProcessStarted started when _starting.ContainsKey(started.Id):
                Record(new ContainerStarted { Id = started.Id }, () => EndStart(started.Id, new Started()));
                return true;
            case ContainerProtocol.StartFailed failed:
                OnStartFailed(failed);
                return true;
            case FailedStartOverdue overdue:
                EndFailedStart(overdue.Id);
                return true;
            case ContainerProtocol.ProcessExited exited:
                OnProcessExited(exited);
                return true;
            case ContainerProtocol.KillUnheeded unheeded:
                EndVmAsLost($"container \"{unheeded.Id}\" did not end within {Deadlines.Kill.TotalSeconds:0.#} s of its SIGKILL");
                return true;
            case ContainerProtocol.StandInExited ended:
                _standInsGone.Add(ended.Id);
                EndFailedStart(ended.Id);
                Decide(new Changed());
                return true;
            case ContainerProtocol.ProcessStarted:
                return true;
            default:
                return false;
        }
    }

    private void OnProcessExited(ContainerProtocol.ProcessExited exited)
    {
        // A process that ends at once may be reported before its start is: then the start is recorded first.
        if (_starting.ContainsKey(exited.Id) && !_failedStarts.ContainsKey(exited.Id) && _state.Record.Containers.GetValueOrDefault(exited.Id)?.Status == ContainerStatus.Created)
        {
            _earlyExits[exited.Id] = exited;
            return;
        }

        RecordExits([exited.Id], exited.Code, exited.Reason, () => { });
    }

    // Callers delete at once when a start fails, and some do so only after they have seen the stand-in's end: it is awaited a moment.
    private void OnStartFailed(ContainerProtocol.StartFailed failed)
    {
        _failedStarts[failed.Id] = failed.Failure with { Message = $"cannot start container \"{failed.Id}\": {failed.Failure.Message}" };
        Timers.StartSingleTimer($"failed-start-{failed.Id}", new FailedStartOverdue(failed.Id), s_failedStartDeadline);
        if (_earlyExits.Remove(failed.Id, out var exited))
        {
            OnProcessExited(exited);
        }

        if (_standInsGone.Contains(failed.Id))
        {
            EndFailedStart(failed.Id);
        }
    }

    private void EndFailedStart(string id)
    {
        if (_failedStarts.TryGetValue(id, out var failure))
        {
            EndStart(id, failure);
        }
    }

    private void EndStart(string id, object reply)
    {
        _failedStarts.Remove(id);
        if (_starting.Remove(id, out var requester))
        {
            requester.Tell(reply);
        }

        if (_earlyExits.Remove(id, out var exited))
        {
            RecordExits([id], exited.Code, exited.Reason, () => { });
        }
    }

    private void AbandonStart(string id, string reason) =>
        EndStart(id, new Failure(FailureCode.Internal, $"cannot start container \"{id}\": {reason}"));

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

    private sealed record FailedStartOverdue(string Id);
}
