using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Bench;

/// <summary>One container in a VM of its own, created and started by the command line.</summary>
internal sealed class Sandbox : IAsyncDisposable
{
    private readonly Daemon _daemon;
    private readonly OutputFile _output;
    private readonly OutputFile _errors;
    private readonly SafeFileHandle _input;
    private readonly int _standIn;

    private Sandbox(Daemon daemon, string id, OutputFile output, OutputFile errors, SafeFileHandle input, int standIn)
    {
        _daemon = daemon;
        Id = id;
        _output = output;
        _errors = errors;
        _input = input;
        _standIn = standIn;
    }

    public string Id { get; }

    /// <summary>From before <c>create</c> to its end.</summary>
    public TimeSpan CreateTime { get; private init; }

    /// <summary>From before <c>start</c> to its end.</summary>
    public TimeSpan StartTime { get; private init; }

    /// <summary>Creates and starts it.</summary>
    public static async Task<Sandbox> StartAsync(Daemon daemon, Workspace workspace, Bundle bundle, CancellationToken cancellation)
    {
        var id = workspace.NewId();
        var pidFile = workspace.NewPath("pid");
        var output = new OutputFile(workspace.NewPath("output"));
        var errors = new OutputFile(workspace.NewPath("errors"));
        var (there, here) = Descriptors.Pipe();
        using (there)
        {
            try
            {
                var create = await ChildProcess.TimeAsync(
                    daemon.Command("create", "--bundle", bundle.Path, "--pid-file", pidFile, id), errors, cancellation, there, output.Handle).ConfigureAwait(false);
                var start = await ChildProcess.TimeAsync(daemon.Command("start", id), errors, cancellation).ConfigureAwait(false);
                var standIn = int.Parse(await File.ReadAllTextAsync(pidFile, cancellation).ConfigureAwait(false), CultureInfo.InvariantCulture);
                return new Sandbox(daemon, id, output, errors, here, standIn) { CreateTime = create, StartTime = start };
            }
            catch
            {
                here.Dispose();
                await daemon.RunAsync(CancellationToken.None, "delete", "--force", id).ConfigureAwait(false);
                output.Dispose();
                errors.Dispose();
                throw;
            }
        }
    }

    /// <summary>Lets the container write its stream and waits until the stand-in has written all of it.</summary>
    public async Task StreamAsync(CancellationToken cancellation)
    {
        BlockingStreams.Write(_input, "\n"u8);
        for (var begin = Stopwatch.GetTimestamp(); _output.Length < Bundle.StreamBytes; await Task.Delay(Limits.Poll, cancellation).ConfigureAwait(false))
        {
            if (Stopwatch.GetElapsedTime(begin) > Limits.Stream)
            {
                throw new BenchException($"container \"{Id}\": {_output.Length} of {Bundle.StreamBytes} bytes came through its stdout: {_errors.Text.Trim()}");
            }
        }
    }

    /// <summary>The daemon's report on the sandbox.</summary>
    public async Task<SandboxDetails> InspectAsync(CancellationToken cancellation)
    {
        using var document = JsonDocument.Parse(await _daemon.RunAsync(cancellation, "sandbox", "inspect", "--format", "json", Id).ConfigureAwait(false));
        var root = document.RootElement;
        return new SandboxDetails(
            root.GetProperty("vmmPid").GetInt32(),
            root.GetProperty("agentRssKib").GetUInt64(),
            root.GetProperty("guestKernel").GetString()!,
            root.GetProperty("accelerator").GetString()!,
            [
                .. root.GetProperty("timings").EnumerateArray().Select(timing => new CreateStep(
                    timing.GetProperty("step").GetString()!,
                    timing.GetProperty("startUs").GetInt64(),
                    timing.GetProperty("durationUs").GetInt64())),
            ]);
    }

    /// <summary>Proportional set size of the stand-in (proc_pid_smaps_rollup), in KiB.</summary>
    public ulong StandInPssKib() => ProcessMemory.PssKib(_standIn);

    public async ValueTask DisposeAsync()
    {
        _input.Dispose();
        await _daemon.RunAsync(CancellationToken.None, "delete", "--force", Id).ConfigureAwait(false);
        _output.Dispose();
        _errors.Dispose();
    }
}
