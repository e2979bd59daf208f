using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>
/// A command of the real binary, with files for its stdout and stderr: a stand-in that it leaves behind keeps them open, and nothing waits for
/// it. Killed when disposed.
/// </summary>
internal sealed class RunningCommand : IDisposable
{
    private readonly Pidfd _pidfd;
    private readonly string _output;
    private readonly string _errors;

    public RunningCommand(SpawnRequest request, string output, string errors)
    {
        _output = output;
        _errors = errors;
        _pidfd = ProcessSpawner.Spawn(request);
    }

    public int Pid => _pidfd.Pid;

    public bool HasExited => !ProcessIdentity.TryRead(Pid)!.Value.IsAlive();

    public void Signal(int signal) => Assert.True(_pidfd.Signal(signal));

    public async Task<CommandResult> WaitAsync()
    {
        await _pidfd.WaitForExitAsync(Deadline.Token);
        var exit = _pidfd.TryReap()!.Value;
        return new CommandResult(exit.Status, File.ReadAllText(_output), File.ReadAllText(_errors));
    }

    public void Dispose()
    {
        if (_pidfd.Signal(Signals.SIGKILL))
        {
            _pidfd.WaitForExitAsync(Deadline.Token).GetAwaiter().GetResult();
            _pidfd.TryReap();
        }

        _pidfd.Dispose();
    }
}
