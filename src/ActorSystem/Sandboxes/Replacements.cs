using Akka.Actor;
using Akka.Event;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Notices the failed actors of a sandbox: the core has a fresh one adopt the resource of the failed one. Repeated failures end the VM: a stopped
/// sandbox with a stated reason can be deleted.
/// </summary>
/// <param name="shell">The SandboxActor.</param>
/// <param name="resources">The resource actors.</param>
/// <param name="containers">The actors of the containers.</param>
/// <param name="clock">Measures the window of the failures.</param>
/// <param name="log">The log of the sandbox.</param>
internal sealed class Replacements(ISandboxShell shell, ResourceActors resources, ContainerActors containers, TimeProvider clock, ILoggingAdapter log)
{
    private const int FailuresAllowed = 5;
    private static readonly TimeSpan s_failureWindow = TimeSpan.FromMinutes(1);

    private readonly Queue<long> _failures = new();

    /// <summary>A child has stopped. A dismissed or unknown one is ignored.</summary>
    public void OnStopped(IActorRef actor)
    {
        if (resources.OnStopped(actor) is { } kind)
        {
            log.Warning("the {0} actor of the sandbox failed; a fresh one takes over", kind);
            if (!FailsTooOften())
            {
                shell.Decide(new ResourceActorFailed(kind));
            }
        }
        else if (containers.OnStopped(actor) is { } id)
        {
            log.Warning("the actor of container {0} failed; a fresh one takes over", id);
            if (!FailsTooOften() && shell.State.Record.Containers.TryGetValue(id, out var container))
            {
                containers.Start(container);
            }
        }
    }

    private bool FailsTooOften()
    {
        var now = clock.GetTimestamp();
        _failures.Enqueue(now);
        while (_failures.TryPeek(out var oldest) && clock.GetElapsedTime(oldest, now) > s_failureWindow)
        {
            _failures.Dequeue();
        }

        if (_failures.Count <= FailuresAllowed || shell.State.Record.VmEnded || shell.IsBeingRemoved)
        {
            return false;
        }

        log.Error("the actors of the sandbox failed {0} times within {1}; its VM is stopped", _failures.Count, s_failureWindow);
        shell.Decide(new GiveUpVm("its actors failed repeatedly"));
        return true;
    }
}
