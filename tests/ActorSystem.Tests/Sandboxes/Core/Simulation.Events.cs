using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

// What may happen next, drawn.
internal sealed partial class Simulation
{
    private readonly Queue<Input> _delayed = new();

    // The caller of a process takes its time to reach the daemon again.
    private bool IsDue => _delayed.TryPeek(out var next) && (next is not Exec || _random.Next(8) == 0);

    private void Some(int steps)
    {
        for (; steps > 0 && !_shell.IsGone; steps--)
        {
            Happen();
        }
    }

    private void Happen()
    {
        switch (_random.Next(8))
        {
            case 5 when EndedExec() is { } exec:
                Take(exec);
                break;
            case 6 when LeftExec() is { } exec:
                Take(exec);
                break;
            case 0 when EndedProcess() is { } ended:
                Take(new ProcessEnded(ended, 137, ""));
                break;
            case 1 when DrainedStandIn() is { } drained:
                _host.StandIns.Remove(drained);
                break;
            case 2 when !_host.IsCalm && _shell.Calls.Count > 0 && _random.Next(3) == 0:
                PassDeadline();
                break;
            case 3 when !_host.IsCalm && _shell.Actors.Live.Count > 0 && _random.Next(16) == 0:
                LoseActor();
                break;
            case 4 when !_host.IsCalm && _host.Vms.Count > 0 && _random.Next(40) == 0:
                _host.End(_host.Vms.Keys.First());
                break;
            default:
                Proceed();
                break;
        }
    }

    // Of a container that has an actor, which sees it.
    private string? EndedProcess() => _state.Record.Containers.Values.FirstOrDefault(container =>
        container.Status is ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused && _shell.Attends(container.Key.Id)
        && !_host.Vms.Values.Any(vm => vm.Processes.Contains(container.Key.Id)))?.Key.Id;

    // A stand-in ends after its process; before its container is created, its caller ends it.
    private string? DrainedStandIn() => _host.StandIns.FirstOrDefault(id => _shell.Attends(id) && !_host.Vms.Values.Any(vm => vm.Processes.Contains(id)));

    // Something comes to its end, as far as anything can: timers only seldom before that.
    private void Proceed()
    {
        var (calls, news) = (_shell.Calls, _shell.News);
        var awaited = calls.Count(call => !call.IsPause);
        var choice = _random.Next(awaited + news.Count + (_factory.HasWork ? 1 : 0) + (_shell.HasDeath ? 1 : 0) + 1);
        if (choice < awaited)
        {
            Take(_shell.Answer(FirstOf(calls.Where(call => !call.IsPause).ElementAt(choice))));
        }
        else if ((choice -= awaited) < news.Count)
        {
            var next = news.First(other => other.From == news[choice].From);
            news.Remove(next);
            Take(next.Take());
        }
        else if (_shell.HasDeath)
        {
            _shell.TellDeath();
        }
        else if (_factory.HasWork)
        {
            Work();
        }
        else if (_shell.NoticeStandIn() is not null)
        {
            Take(new Changed());
        }
        else if (calls.Count > awaited && (awaited + news.Count == 0 || (!_host.IsCalm && _random.Next(24) == 0)))
        {
            Take(_shell.Answer(calls.Where(call => call.IsPause).ElementAt(_random.Next(calls.Count - awaited))));
        }

        if (_shell.TakesCommands && !_shell.IsGone && IsDue && _delayed.TryDequeue(out var command))
        {
            Ask(command);
        }
    }

    private void Work()
    {
        if (_factory.Work() is { } answer)
        {
            _shell.News.Add(new SimulatedNews("factory", IsSent: true, () => answer));
        }
    }

    private void Take(Input? input)
    {
        if (input is not null && !_shell.IsGone)
        {
            Decide(input);
            CheckQuotas();
        }
    }

    // What was told may be carried out all the same; a call to the agent ends with its own deadline, carried out or not. What is not awaited has none.
    private void PassDeadline()
    {
        var call = FirstOf(_shell.Calls[_random.Next(_shell.Calls.Count)]);
        if (!_shell.Settle(call.Effect.Id))
        {
            return;
        }

        var isCall = call.Resource == ResourceKind.Agent || call.Effect is AwaitedEffect.AskContainer { Command: ContainerProtocol.Start };
        if (call.IsPause || isCall || (call.Effect is not AwaitedEffect.AskContainer && _random.Next(2) == 0))
        {
            _shell.Calls.Remove(call);
            _ = isCall && _random.Next(2) == 0 ? _shell.CarryOut(call) : null;
        }

        Take(new Overdue(call.Effect.Id));
    }

    private void LoseActor()
    {
        var kind = _shell.Actors.Live.ElementAt(_random.Next(_shell.Actors.Live.Count));
        Take(_shell.Fail(kind));
    }

    private void Drain()
    {
        for (var step = 0; _shell.Calls.Count + _shell.News.Count > 0 || _factory.HasWork || _shell.HasDeath; step++)
        {
            Assert.True(step < LongestRun, "it does not come to rest");
            if (EndedProcess() is { } ended)
            {
                Take(new ProcessEnded(ended, 137, ""));
            }

            Proceed();
        }
    }

    // An actor carries out its commands in their order.
    private SimulatedCall FirstOf(SimulatedCall call) => call.IsOrdered ? _shell.Calls.First(other => other.Actor == call.Actor) : call;
}
