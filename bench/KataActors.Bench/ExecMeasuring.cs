using System.Diagnostics;
using System.Globalization;
using KataActors.Linux;

namespace KataActors.Bench;

/// <summary>Many added processes in one container, and what of them is left.</summary>
internal sealed class ExecMeasuring(Daemon daemon, Sandbox sandbox, Workspace workspace, CancellationToken cancellation)
{
    private const int Execs = 200;
    private const int AtOnce = 32;

    // Their ends are journaled and their stand-ins reaped a moment after the commands.
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(2);

    public async Task<ExecLoad> RunAsync()
    {
        Console.Error.WriteLine($"bench: {Execs} execs, {AtOnce} at once, twice");
        await AllAsync().ConfigureAwait(false);
        var before = await TakeAsync().ConfigureAwait(false);
        var begin = Stopwatch.GetTimestamp();
        await AllAsync().ConfigureAwait(false);
        var elapsed = Stopwatch.GetElapsedTime(begin);
        return new ExecLoad(Execs, AtOnce, elapsed, before, await TakeAsync().ConfigureAwait(false));
    }

    private bool IsStandIn(int pid)
    {
        try
        {
            return ProcessFiles.TryReadExecutable(pid) == daemon.StandInProgram;
        }
        catch (LinuxException)
        {
            // Another user's.
            return false;
        }
    }

    private Task AllAsync() => Parallel.ForEachAsync(
        Enumerable.Range(0, Execs), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (number, _) =>
        {
            using var errors = new OutputFile(workspace.NewPath("errors"));
            var code = number % 100;
            var script = string.Create(CultureInfo.InvariantCulture, $"exit {code}");
            var ended = await ChildProcess.RunAsync(daemon.Command("exec", sandbox.Id, "sh", "-c", script), errors, cancellation).ConfigureAwait(false);
            if (ended != code)
            {
                throw new BenchException($"exec {number} ended with {ended}, not {code}: {errors.Text.Trim()}");
            }
        });

    private async Task<Footprint> TakeAsync()
    {
        await Task.Delay(s_rest, cancellation).ConfigureAwait(false);
        var folder = $"/proc/{daemon.Pid.ToString(CultureInfo.InvariantCulture)}";
        return new Footprint(
            ProcessMemory.PssKib(daemon.Pid),
            Directory.GetFiles($"{folder}/fd").Length,
            Directory.GetDirectories($"{folder}/task").Length,
            ProcessFiles.List().Count(IsStandIn),
            (await sandbox.InspectAsync(cancellation).ConfigureAwait(false)).AgentRssKib);
    }
}

/// <summary>The use of resources at rest.</summary>
internal sealed record Footprint(ulong DaemonPssKib, int DaemonDescriptors, int DaemonThreads, int StandIns, ulong AgentRssKib);

/// <summary>Added processes, and the use of resources before and after them.</summary>
internal sealed record ExecLoad(int Execs, int AtOnce, TimeSpan Elapsed, Footprint Before, Footprint After);
