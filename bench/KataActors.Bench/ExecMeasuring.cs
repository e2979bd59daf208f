using System.Diagnostics;
using System.Globalization;
using KataActors.Linux;

namespace KataActors.Bench;

/// <summary>Many added processes in one container, and what of them is left.</summary>
internal sealed class ExecMeasuring(Daemon daemon, Sandbox sandbox, RuncContainer peer, Workspace workspace, CancellationToken cancellation)
{
    private const int Execs = 200;
    private const int AtOnce = 32;

    // Their ends are journaled and their stand-ins reaped a moment after the commands.
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(2);

    public async Task<ExecLoad> RunAsync()
    {
        Console.Error.WriteLine($"bench: {Execs} execs, {AtOnce} at once, twice");
        await OursAsync().ConfigureAwait(false);
        var before = await TakeAsync().ConfigureAwait(false);
        TimeSpan ours = default, peers = default;
        var memory = await PeakMemory.OfOursAsync(daemon, sandbox, async () => ours = await OursAsync().ConfigureAwait(false), cancellation).ConfigureAwait(false);
        var after = await TakeAsync().ConfigureAwait(false);
        var peersMemory = await PeakMemory.OfPeersAsync(
            async () => peers = await AllAsync(code => peer.Command(["exec", peer.Id, .. Exit(code)])).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        return new ExecLoad(Execs, AtOnce, ours, peers, memory, peersMemory, before, after);
    }

    private static string[] Exit(int code) => ["sh", "-c", string.Create(CultureInfo.InvariantCulture, $"exit {code}")];

    private Task<TimeSpan> OursAsync() => AllAsync(code => daemon.Command(["exec", sandbox.Id, .. Exit(code)]));

    private async Task<TimeSpan> AllAsync(Func<int, string[]> command)
    {
        var begin = Stopwatch.GetTimestamp();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(Enumerable.Range(0, Execs), parallel, async (number, _) =>
        {
            using var errors = new OutputFile(workspace.NewPath("errors"));
            var code = number % 100;
            var ended = await ChildProcess.RunAsync(command(code), errors, cancellation).ConfigureAwait(false);
            if (ended != code)
            {
                throw new BenchException($"exec {number} ended with {ended}, not {code}: {errors.Text.Trim()}");
            }
        }).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(begin);
    }

    private async Task<Footprint> TakeAsync()
    {
        await Task.Delay(s_rest, cancellation).ConfigureAwait(false);
        var folder = $"/proc/{daemon.Pid.ToString(CultureInfo.InvariantCulture)}";
        return new Footprint(
            ProcessMemory.PssKib(daemon.Pid),
            Directory.GetFiles($"{folder}/fd").Length,
            Directory.GetDirectories($"{folder}/task").Length,
            ProcessFiles.List().Count(pid => ProcessMemory.IsOf(pid, [daemon.StandInProgram])),
            (await sandbox.InspectAsync(cancellation).ConfigureAwait(false)).AgentRssKib);
    }
}

/// <summary>The use of resources at rest.</summary>
internal sealed record Footprint(ulong DaemonPssKib, int DaemonDescriptors, int DaemonThreads, int StandIns, ulong AgentRssKib);

/// <summary>Added processes: the times of all, ours and the peer's, the peaks meanwhile, and our use of resources before and after them.</summary>
internal sealed record ExecLoad(
    int Execs, int AtOnce, TimeSpan Ours, TimeSpan Peers, PeakMemory Memory, PeakMemory PeersMemory, Footprint Before, Footprint After);
