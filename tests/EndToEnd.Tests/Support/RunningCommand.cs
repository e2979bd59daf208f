using System.Runtime.InteropServices;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>The exit code and the output of a command.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    public CommandResult MustSucceed()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Errors}");
        return this;
    }

    /// <summary>It ended with <paramref name="exitCode"/>, printed nothing, and complained in words that hold all <paramref name="fragments"/>.</summary>
    public void MustFail(int exitCode, params string[] fragments)
    {
        Assert.True(ExitCode == exitCode && Output.Length == 0, $"exit code {ExitCode}, not {exitCode}: {Output}{Errors}");
        Assert.StartsWith("kata-actors: ", Errors, StringComparison.Ordinal);
        foreach (var fragment in fragments)
        {
            Assert.True(Errors.Contains(fragment, StringComparison.Ordinal), $"\"{fragment}\" is not in: {Errors}");
        }
    }
}

/// <summary>A process with an empty environment and files for its output, so that a process that inherits them blocks no reader.</summary>
internal sealed class RunningCommand
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(150) * Patience.Factor;
    private static int s_last;

    private readonly string _name;
    private readonly string _output;
    private readonly string _errors;
    private readonly Pidfd _pidfd;

    private RunningCommand(string name, string output, string errors, Pidfd pidfd)
    {
        _name = name;
        _output = output;
        _errors = errors;
        _pidfd = pidfd;
    }

    public int Pid => _pidfd.Pid;

    /// <summary>The output so far, including that of processes that inherited the file.</summary>
    public string Output => File.ReadAllText(_output);

    public string Errors => File.ReadAllText(_errors);

    public string OutputFile => _output;

    /// <param name="directory">Where the files of its output go.</param>
    /// <param name="stdin">Null for /dev/null. Stays the caller's, as <paramref name="stdout"/>.</param>
    /// <param name="stdout">Instead of the file.</param>
    /// <param name="command">Absolute path and arguments.</param>
    public static RunningCommand Start(string directory, SafeHandle? stdin, SafeHandle? stdout, IReadOnlyList<string> command)
    {
        var number = Interlocked.Increment(ref s_last);
        var (output, errors) = (Path.Combine(directory, $"{number}.out"), Path.Combine(directory, $"{number}.err"));
        using var outputFile = Create(output);
        using var errorFile = Create(errors);
        var pidfd = ProcessSpawner.Spawn(new SpawnRequest
        {
            Path = command[0],
            Arguments = command,
            Descriptors = [stdin, stdout ?? outputFile, errorFile],
            NewSession = true,
        });
        return new RunningCommand(string.Join(' ', command), output, errors, pidfd);
    }

    /// <summary>Waits for its end.</summary>
    public async Task<CommandResult> FinishAsync(TimeSpan? limit = null)
    {
        using var deadline = new CancellationTokenSource(limit ?? s_limit);
        try
        {
            await _pidfd.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            var errors = Errors;
            _pidfd.Signal(Signals.SIGKILL);
            await _pidfd.WaitForExitAsync(CancellationToken.None);
            _pidfd.TryReap();
            Assert.Fail($"did not end within {(limit ?? s_limit).TotalSeconds} s: {_name}: {errors}");
        }

        var exit = _pidfd.TryReap()!.Value;
        return new CommandResult(exit.Status, Output, Errors);
    }

    /// <summary>Waits until it has written <paramref name="text"/> to stdout.</summary>
    public Task OutputAsync(string text) =>
        Eventually.TrueAsync(() => Output.Contains(text, StringComparison.Ordinal), () => $"no \"{text}\" from {_name}: {Output}{Errors}");

    public void Signal(int signal) => _pidfd.Signal(signal);

    private static SafeFileHandle Create(string path) => File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
}
