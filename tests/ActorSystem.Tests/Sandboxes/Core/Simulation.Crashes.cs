using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

// The crash of a life, and the return from it.
internal sealed partial class Simulation
{
    private enum CrashKind
    {
        Daemon,
        SandboxActor,
        Host,
    }

    private bool Crashes()
    {
        if (++Passed != _crashAt)
        {
            return false;
        }

        _crashes++;
        var kind = ((_seed + _crashAt) % 8) switch { 0 => CrashKind.Host, 1 or 2 => CrashKind.SandboxActor, _ => CrashKind.Daemon };
        foreach (var call in _shell.Calls.ToArray())
        {
            // Carried out by then, and its reply lost.
            _ = _random.Next(2) == 0 ? _shell.CarryOut(call) : null;
        }

        if (_random.Next(2) == 0)
        {
            FlushLate();
        }

        if (kind == CrashKind.Host)
        {
            _host.Restart();
        }

        if (kind == CrashKind.SandboxActor)
        {
            _factory.OnRequesterGone();
        }
        else
        {
            _factory.Restart();
        }

        Return();
        if (_crashAt % 2 == 0)
        {
            Return();
        }

        return true;
    }

    // As SandboxJournal does. A second return right after the first one finds all that is to be recorded on record.
    private void Return()
    {
        _delayed.Clear();
        _late.Clear();
        _knowsGuest = false;
        if (_crashAt % 3 == 0 && _journal is { Exists: true, Deleted: false })
        {
            // As if the journal had been restated right before the crash.
            _journal = Restatement.Of(_journal).Aggregate(SandboxRecord.Empty, (record, e) => record.Apply(e));
        }

        _state = new SandboxState { Record = _journal };
        _shell = new SimulatedShell(_host, _factory, _random, _registration);
        _host.StandIns.IntersectWith(_journal.Containers.Keys.Concat(_host.StandIns.Where(id => id.Contains('/', StringComparison.Ordinal)).ToArray()));
        AskExecsAgain();
        if (!_journal.Exists || _journal.Deleted)
        {
            _shell.IsGone = true;
            return;
        }

        Decide(new Recovered());
        Assert.True(
            !_journal.IsBeingCreated || _state.Operations.Values.Any(operation => operation is RemoveSandbox),
            "an interrupted creation is not undone: its id stays in use");
        var replayed = new SandboxState { Record = _journal };
        var again = Sandbox.On(replayed, new Recovered(), new SimulatedShell(_host, _factory, _random, _registration).See(replayed));
        Assert.Empty(again.Events.Concat(again.LateEvents));
        Assert.Equal(_state.Operations.Values.Select(operation => operation.GetType()), again.State.Operations.Values.Select(operation => operation.GetType()));
    }
}
