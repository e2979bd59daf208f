using Akka.Actor;
using static KataActors.Runtime.Sandboxes.SandboxQueries;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The requesters that wait for the end of a container.</summary>
/// <param name="clock">Measures the time since their queries.</param>
internal sealed class ExitWaiters(TimeProvider clock)
{
    private readonly Dictionary<string, List<(IActorRef Requester, long Since, TimeSpan Wait)>> _waiters = [];

    /// <summary>Adds a requester, or answers it when its container has ended.</summary>
    /// <param name="requester">Its address.</param>
    /// <param name="wait">Its query.</param>
    /// <param name="record">The sandbox's record.</param>
    public void Add(IActorRef requester, WaitContainer wait, SandboxRecord record)
    {
        if (record.Containers.GetValueOrDefault(wait.Key.Id)?.Exit is { } exit)
        {
            requester.Tell(exit);
            return;
        }

        if (!_waiters.TryGetValue(wait.Key.Id, out var waiters))
        {
            _waiters[wait.Key.Id] = waiters = [];
        }

        var now = clock.GetTimestamp();
        waiters.RemoveAll(waiter => clock.GetElapsedTime(waiter.Since, now) > waiter.Wait);
        waiters.Add((requester, now, wait.Wait));
    }

    /// <summary>Answers the requesters of a container.</summary>
    public void Answer(string id, ContainerExit exit)
    {
        if (_waiters.Remove(id, out var waiters))
        {
            waiters.ForEach(waiter => waiter.Requester.Tell(exit));
        }
    }
}
