using System.Collections.Immutable;
using KataActors.Linux;

namespace KataActors.Bench;

/// <summary>
/// Takes all measurements. What is compared runs in pairs, the two of a pair in turns first, so that a loaded machine slows both. A first
/// round of everything is not counted.
/// </summary>
internal sealed class Measuring(BenchOptions options, Workspace workspace, CancellationToken cancellation)
{
    private readonly Bundle _bundle = Bundle.Make(Path.Combine(workspace.Path, "bundle"));

    public async Task<Measurements> RunAsync()
    {
        var (starts, running) = await ColdAsync().ConfigureAwait(false);
        return new Measurements(starts, running, await new FactoryMeasuring(options, workspace, _bundle, cancellation).RunAsync().ConfigureAwait(false));
    }

    private async Task<(ImmutableArray<ColdStart> Starts, RunningFigures Running)> ColdAsync()
    {
        await using var daemon = await Daemon.StartAsync(options, workspace, cancellation).ConfigureAwait(false);
        Tell("warming up");
        var (floor, running) = await FirstRoundAsync(daemon).ConfigureAwait(false);
        var starts = ImmutableArray.CreateBuilder<ColdStart>();
        for (var pair = 0; pair < options.Pairs; pair++)
        {
            Tell($"cold start, pair {pair + 1} of {options.Pairs}");
            starts.Add(await ColdStartAsync(daemon, floor, floorFirst: pair % 2 == 0).ConfigureAwait(false));
        }

        return (starts.ToImmutable(), running);
    }

    private static void Tell(string what) => Console.Error.WriteLine($"bench: {what}");

    private async Task<(FloorVm Floor, RunningFigures Running)> FirstRoundAsync(Daemon daemon)
    {
        await using var sandbox = await Sandbox.StartAsync(daemon, workspace, _bundle, cancellation).ConfigureAwait(false);
        await sandbox.StreamAsync(cancellation).ConfigureAwait(false);
        var details = await sandbox.InspectAsync(cancellation).ConfigureAwait(false);
        if (details.Accelerator == "tcg")
        {
            // As the daemon starts its own.
            HugePages.Forgo();
        }

        var floor = FloorVm.Of(details.VmmPid);
        await floor.BootAsync(workspace, cancellation).ConfigureAwait(false);
        return (floor, await RunningAsync(daemon, sandbox).ConfigureAwait(false));
    }

    private async Task<ColdStart> ColdStartAsync(Daemon daemon, FloorVm floor, bool floorFirst)
    {
        var before = floorFirst ? await floor.BootAsync(workspace, cancellation).ConfigureAwait(false) : default;
        var ours = await SandboxStartAsync(daemon).ConfigureAwait(false);
        var (time, rss) = floorFirst ? before : await floor.BootAsync(workspace, cancellation).ConfigureAwait(false);
        return ours with { Floor = time, FloorAgentRssKib = rss };
    }

    private async Task<ColdStart> SandboxStartAsync(Daemon daemon)
    {
        await using var sandbox = await Sandbox.StartAsync(daemon, workspace, _bundle, cancellation).ConfigureAwait(false);
        var early = sandbox.StandInPssKib();
        await sandbox.StreamAsync(cancellation).ConfigureAwait(false);
        return new ColdStart
        {
            Create = sandbox.CreateTime,
            Start = sandbox.StartTime,
            EarlyStandInPssKib = early,
            StandInPssKib = sandbox.StandInPssKib(),
            Details = await sandbox.InspectAsync(cancellation).ConfigureAwait(false),
        };
    }

    private async Task<RunningFigures> RunningAsync(Daemon daemon, Sandbox sandbox)
    {
        await using var peer = await RuncContainer.StartAsync(workspace, _bundle, cancellation).ConfigureAwait(false);
        return new RunningFigures(
            await new CommandMeasuring(daemon, sandbox, peer, workspace, cancellation).RunAsync().ConfigureAwait(false),
            await new StreamMeasuring(daemon, sandbox, peer, workspace, cancellation).RunAsync().ConfigureAwait(false),
            await new ExecMeasuring(daemon, sandbox, peer, workspace, cancellation).RunAsync().ConfigureAwait(false));
    }
}
