using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Runtime.Containers;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The consequences of recorded events for a sandbox's actors, and for requesters that wait for the end of a container.</summary>
internal sealed class Consequences(IActorRef manager, ContainerActors containers, ExitWaiters waiters, ILoggingAdapter log)
{
    private readonly SandboxReporter _reporter = new();

    /// <summary>Reports the changes of the record to the manager.</summary>
    public void Report(SandboxRecord record)
    {
        foreach (var report in _reporter.News(record))
        {
            manager.Tell(report);
        }
    }

    /// <summary>Follows recorded events. Returns the containers that they have removed.</summary>
    /// <param name="events">The events.</param>
    /// <param name="before">The record before them.</param>
    /// <param name="record">The record after them.</param>
    public IReadOnlyCollection<string> Follow(ImmutableArray<IMessage> events, SandboxRecord before, SandboxRecord record)
    {
        foreach (var e in events)
        {
            switch (e)
            {
                case ContainerCreated created:
                    log.Info("container {0} was created", created.Id);
                    containers.Start(record.Containers[created.Id]);
                    break;
                case ContainerUpdated updated:
                    log.Info("the limits of container {0} were changed", updated.Id);
                    break;
                case ContainerPaused paused:
                    log.Info("container {0} was paused", paused.Id);
                    break;
                case ContainerResumed resumed:
                    log.Info("container {0} was resumed", resumed.Id);
                    break;
                case ContainerExited exited:
                    log.Info("container {0} exited with code {1} {2}", exited.Id, exited.ExitCode, exited.Reason);
                    waiters.Answer(exited.Id, "", new ContainerExit(exited.ExitCode, exited.Reason));
                    break;
                case ExecStarted started:
                    Attend(started.Container, started.Id, record);
                    break;
                case ExecExited exited:
                    Attend(exited.Container, exited.Id, record);
                    waiters.Answer(exited.Container, exited.Id, new ContainerExit(exited.ExitCode, exited.Reason));
                    break;
                case ExecRemoved removed:
                    containers.Of(removed.Container).Tell(new ContainerProtocol.Forget(removed.Id));
                    break;
            }
        }

        string[] gone = [.. before.Containers.Keys.Except(record.Containers.Keys)];
        foreach (var id in gone)
        {
            manager.Tell(new ContainerGone(new ContainerKey(record.Key.Root, id)));
            waiters.AnswerAll(id, new ContainerExit(137, "the container was deleted"));
            containers.Forget(id);
        }

        return gone;
    }

    private void Attend(string container, string process, SandboxRecord record)
    {
        if (record.Containers.GetValueOrDefault(container)?.Execs.GetValueOrDefault(process) is { } exec)
        {
            containers.Of(container).Tell(new ContainerProtocol.Attend(exec));
        }
    }
}
