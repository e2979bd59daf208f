using Akka.Actor;
using static KataActors.Runtime.Sandboxes.SandboxQueries;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The requesters that wait for the end of a process.</summary>
/// <param name="clock">Measures the time since their queries.</param>
internal sealed class ExitWaiters(TimeProvider clock)
{
    private readonly Dictionary<(string Container, string Process), List<(IActorRef Requester, long Since, TimeSpan Wait)>> _waiters = [];

    /// <summary>Adds a requester, or answers it when its process has ended or does not exist.</summary>
    /// <param name="requester">Its address.</param>
    /// <param name="wait">Its query.</param>
    /// <param name="record">The sandbox's record.</param>
    public void Add(IActorRef requester, WaitContainer wait, SandboxRecord record)
    {
        var container = record.Containers.GetValueOrDefault(wait.Key.Id);
        var exec = container?.Execs.GetValueOrDefault(wait.Process);
        if (wait.Process.Length > 0 && exec is null)
        {
            requester.Tell(Failure.NoSuchProcess(wait.Key.Id, wait.Process));
            return;
        }

        if ((exec is null ? container?.Exit : exec.Exit) is { } exit)
        {
            requester.Tell(exit);
            return;
        }

        var process = (wait.Key.Id, wait.Process);
        if (!_waiters.TryGetValue(process, out var waiters))
        {
            _waiters[process] = waiters = [];
        }

        var now = clock.GetTimestamp();
        waiters.RemoveAll(waiter => clock.GetElapsedTime(waiter.Since, now) > waiter.Wait);
        waiters.Add((requester, now, wait.Wait));
    }

    /// <summary>Answers the requesters of a process.</summary>
    public void Answer(string container, string process, ContainerExit exit)
    {
        if (_waiters.Remove((container, process), out var waiters))
        {
            waiters.ForEach(waiter => waiter.Requester.Tell(exit));
        }
    }

    /// <summary>Answers the requesters of all processes of a container.</summary>
    public void AnswerAll(string container, ContainerExit exit)
    {
        foreach (var (_, process) in _waiters.Keys.Where(key => key.Container == container).ToArray())
        {
            Answer(container, process, exit);
        }
    }
}
