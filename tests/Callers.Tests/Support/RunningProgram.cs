using System.Diagnostics;

namespace KataActors.Callers.Tests.Support;

/// <summary>A program with its output collected. Killed, with all its children, after a time that no test needs.</summary>
internal sealed class RunningProgram : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(120);

    private readonly CancellationTokenSource _deadline = new(s_longest);
    private readonly Process _process;
    private readonly string _command;
    private readonly Task<string> _errors;

    private RunningProgram(Process process, string command)
    {
        _process = process;
        _command = command;
        _errors = process.StandardError.ReadToEndAsync(_deadline.Token);
    }

    public int Id => _process.Id;

    public static RunningProgram Start(IReadOnlyDictionary<string, string> environment, string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new RunningProgram(Process.Start(start)!, $"{program} {string.Join(' ', arguments)}");
    }

    public static RunningProgram Start(IReadOnlyDictionary<string, string> environment, string[] command) => Start(environment, command[0], command[1..]);

    /// <summary>The next line of its stdout.</summary>
    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync(_deadline.Token);

    public async Task WriteAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text.AsMemory(), _deadline.Token);
        await _process.StandardInput.FlushAsync(_deadline.Token);
    }

    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <summary>Closes its stdin and waits for its end.</summary>
    public async Task<CommandResult> FinishAsync()
    {
        try
        {
            _process.StandardInput.Close();
            var output = await _process.StandardOutput.ReadToEndAsync(_deadline.Token);
            var errors = await _errors;
            await _process.WaitForExitAsync(_deadline.Token);
            return new CommandResult(_command, _process.ExitCode, output, errors);
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw new TimeoutException($"{_command}: not ended after {s_longest.TotalSeconds:0} s");
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        _deadline.Dispose();
    }
}
