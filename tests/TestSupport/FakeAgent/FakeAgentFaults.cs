using System.Collections.Concurrent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.TestSupport;

/// <summary>How a fake agent misbehaves, by method (the names of AgentServiceNames). Set at any time; the last word counts.</summary>
public sealed class FakeAgentFaults
{
    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task>> _faults = new();
    private readonly Func<Task> _die;

    internal FakeAgentFaults(Func<Task> die) => _die = die;

    /// <summary>The method takes its request and does not answer.</summary>
    public void NeverAnswer(string method) =>
        _faults[method] = cancellation => Task.Delay(Timeout.InfiniteTimeSpan, cancellation);

    /// <summary>The method is served as usual after a while.</summary>
    public void Delay(string method, TimeSpan time) => _faults[method] = cancellation => Task.Delay(time, cancellation);

    /// <summary>The method waits for the test.</summary>
    public void HoldUntil(string method, Task released) => _faults[method] = released.WaitAsync;

    /// <summary>The method fails.</summary>
    public void Refuse(string method, StatusCode code, string message) =>
        _faults[method] = _ => throw new TtrpcException(code, message);

    /// <summary>The agent is gone, port and all, when the method is called, before it has any effect.</summary>
    public void DieAt(string method) => _faults[method] = async cancellation =>
    {
        await _die();
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
    };

    /// <summary>The method is served as usual.</summary>
    public void Heal(string method) => _faults.TryRemove(method, out _);

    internal Task ApplyAsync(string method, CancellationToken cancellation) =>
        _faults.TryGetValue(method, out var fault) ? fault(cancellation) : Task.CompletedTask;
}
