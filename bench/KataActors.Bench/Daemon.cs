using System.Diagnostics;
using KataActors.Linux;

namespace KataActors.Bench;

/// <summary>A daemon of this run, and the commands that go to it.</summary>
internal sealed class Daemon : IAsyncDisposable
{
    private readonly BenchOptions _options;
    private readonly Workspace _workspace;
    private readonly string _address;
    private readonly ChildProcess _process;

    private Daemon(BenchOptions options, Workspace workspace, string address, ChildProcess process)
    {
        _options = options;
        _workspace = workspace;
        _address = address;
        _process = process;
    }

    public int Pid => _process.Pid;

    /// <summary>The program of its stand-ins.</summary>
    public string StandInProgram => Path.Combine(_options.Prefix, "libexec/kata-actors/kata-actors-standin");

    /// <summary>The programs that a command starts, and the command itself.</summary>
    public IReadOnlyCollection<string> Programs => [_options.Cli, StandInProgram];

    /// <summary>Starts it and waits until it answers.</summary>
    public static async Task<Daemon> StartAsync(BenchOptions options, Workspace workspace, CancellationToken cancellation, string? configuration = null)
    {
        var directory = Directory.CreateDirectory(workspace.NewPath("run")).FullName;
        var address = Path.Combine(directory, "daemon.sock");
        using var errors = new OutputFile(workspace.NewPath("daemon"));
        var process = ChildProcess.Start([options.DaemonProgram, "--address", address, .. configuration is null ? Array.Empty<string>() : ["--config", configuration]], null, null, errors.Handle);
        try
        {
            await AnswerAsync(process, address, errors, cancellation).ConfigureAwait(false);
            return new Daemon(options, workspace, address, process);
        }
        catch
        {
            await process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The whole command line of a command to this daemon.</summary>
    public string[] Command(params ReadOnlySpan<string> arguments) => [_options.Cli, "--address", _address, .. arguments];

    /// <summary>Runs a command and returns its output.</summary>
    public async Task<string> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        using var output = new OutputFile(_workspace.NewPath("output"));
        using var errors = new OutputFile(_workspace.NewPath("errors"));
        await ChildProcess.TimeAsync(Command(arguments), errors, cancellation, output: output.Handle).ConfigureAwait(false);
        return output.Text;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.TerminateAsync().ConfigureAwait(false);
        await _process.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task AnswerAsync(ChildProcess process, string address, OutputFile errors, CancellationToken cancellation)
    {
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < Limits.Boot && !process.HasExited;)
        {
            try
            {
                using var socket = await UnixSockets.ConnectAsync(address, Limits.Call, cancellation).ConfigureAwait(false);
                return;
            }
            catch (LinuxException)
            {
                await Task.Delay(Limits.Poll, cancellation).ConfigureAwait(false);
            }
        }

        throw new BenchException($"the daemon did not start: {errors.Text.Trim()}");
    }
}
