using Google.Protobuf;
using KataActors.Linux;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

// Added processes: their callers, their ends in the guest, and their stand-ins. An added process is named container/process.
internal sealed partial class Simulation
{
    private static readonly ByteString s_process = ByteString.CopyFromUtf8("""{"args":["ls"],"cwd":"/"}""");

    // Those that were asked for.
    private readonly Dictionary<RequesterId, Exec> _execs = [];

    private IEnumerable<(string Name, string Container, ExecRecord Exec)> RecordedExecs => _state.Record.Containers.Values.SelectMany(container =>
        container.Execs.Values.Select(exec => ($"{container.Key.Id}/{exec.Id}", container.Key.Id, exec)));

    private Exec ExecOf(string container, string process) =>
        ExecOf(new Exec(container, new ExecRecord(process, new ProcessIdentity(9, 90, _host.BootId), s_process), default));

    private Exec ExecOf(Exec exec) => exec with { Waiting = Wait(new SandboxCommands.Executed()) };

    // One of them, some day; those of a container that has ended have ended with it.
    private ExecEnded? EndedExec()
    {
        foreach (var vm in _host.Vms.Values.Where(vm => vm.Execs.Count > 0 && _random.Next(4) == 0))
        {
            vm.Execs[vm.Execs.Keys.First()] = false;
        }

        var ended = RecordedExecs.FirstOrDefault(exec =>
            exec.Exec is { IsStarted: true, Exit: null } && _shell.Attends(exec.Container) && !_host.Vms.Values.Any(vm => vm.Runs(exec.Name)));
        return ended.Exec is null ? null : new ExecEnded(ended.Container, ended.Exec.Id, 3, "");
    }

    // The stand-in is told of the end, or that there is no such process, and ends.
    private ExecLeft? LeftExec()
    {
        var running = RecordedExecs.Where(exec => exec.Exec.Exit is null).Select(exec => exec.Name).ToHashSet();
        var awaited = _execs.Where(exec => _replies[exec.Key] is null).Select(exec => $"{exec.Value.Container}/{exec.Value.Added.Id}").ToHashSet();
        _host.StandIns.RemoveWhere(id => id.Contains('/', StringComparison.Ordinal) && !running.Contains(id) && !awaited.Contains(id));
        var left = RecordedExecs.FirstOrDefault(exec =>
            exec.Exec.Exit is not null && _shell.Attends(exec.Container) && !_host.StandIns.Contains(exec.Name));
        return left.Exec is null ? null : new ExecLeft(left.Container, left.Exec.Id);
    }

    // After the daemon's death: a caller asks its successor again, or has died too.
    private void AskExecsAgain()
    {
        foreach (var (request, exec) in _execs.Where(exec => _replies[exec.Key] is null).ToArray())
        {
            _execs.Remove(request);
            if (_random.Next(3) > 0)
            {
                var again = ExecOf(exec);
                _execs.Add(again.Waiting.Id, again);
                _delayed.Enqueue(again);
            }
            else
            {
                _host.StandIns.Remove($"{exec.Container}/{exec.Added.Id}");
            }
        }
    }

    private void CheckExecs()
    {
        var recorded = RecordedExecs.Select(exec => exec.Name).ToHashSet();
        Assert.All(_host.Vms.Values, vm => Assert.True(vm.RanTwice is null, $"process {vm.RanTwice} was run twice"));
        foreach (var vm in _host.Vms.Values.Where(vm => !vm.Hangs))
        {
            var left = vm.Execs.Keys.FirstOrDefault(exec => !recorded.Contains(exec));
            Assert.True(left is null, $"process {left} is off the record, and still there");
        }
    }

    // A reported process is in the guest until its end is on record.
    private void CheckSettledExecs() => Assert.All(
        RecordedExecs.Where(exec => exec.Exec is { IsStarted: true, Exit: null }), exec => Assert.Contains(exec.Name, GuestVm!.Execs.Keys));
}
