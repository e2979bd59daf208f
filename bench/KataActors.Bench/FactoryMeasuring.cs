using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;

namespace KataActors.Bench;

/// <summary>Takes the measurements of clones and of the pool, the floor and the sandbox of a pair in turns first.</summary>
internal sealed class FactoryMeasuring(BenchOptions options, Workspace workspace, Bundle bundle, CancellationToken cancellation)
{
    private const int AtOnce = 10;
    private const int AtOnceRounds = 3;
    private const int Clones = 8;
    private const int Idle = 20;
    private const int ClockTicksPerSecond = 100;
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(10);

    public async Task<FactoryMeasurements> RunAsync()
    {
        Tell("template");
        var (init, templates, pss) = await TemplateAsync().ConfigureAwait(false);
        Tell("pool");
        var (pool, atOnce) = await PoolAsync().ConfigureAwait(false);
        Tell($"idle CPU of {Idle} pool VMs");
        return new FactoryMeasurements(init, templates, pool, atOnce, pss, await IdleAsync().ConfigureAwait(false));
    }

    private static void Tell(string what) => Console.Error.WriteLine($"bench: {what}");

    private async Task<(TimeSpan Init, ImmutableArray<ClonePair> Pairs, double PssMib)> TemplateAsync()
    {
        await using var factory = await FactoryDaemon.StartAsync(options, workspace, 0, cancellation).ConfigureAwait(false);
        var init = await factory.InitAsync(cancellation).ConfigureAwait(false);
        CloneFloor floor;
        await using (var first = await StartAsync(factory).ConfigureAwait(false))
        {
            floor = CloneFloor.Of((await first.InspectAsync(cancellation).ConfigureAwait(false)).VmmPid, workspace);
        }

        await floor.CloneAsync(workspace, cancellation).ConfigureAwait(false);
        var pairs = ImmutableArray.CreateBuilder<ClonePair>();
        for (var pair = 0; pair < options.Pairs; pair++)
        {
            var before = pair % 2 == 0 ? await floor.CloneAsync(workspace, cancellation).ConfigureAwait(false) : default;
            var ours = await TimeAsync(factory).ConfigureAwait(false);
            pairs.Add(new ClonePair(ours, pair % 2 == 0 ? before : await floor.CloneAsync(workspace, cancellation).ConfigureAwait(false)));
        }

        var pss = await PssMibAsync(factory).ConfigureAwait(false);
        await factory.RefuseColdAsync(cancellation).ConfigureAwait(false);
        return (init, pairs.ToImmutable(), pss);
    }

    private async Task<(ImmutableArray<PoolPair> Pairs, TimeSpan AtOnce)> PoolAsync()
    {
        await using var factory = await FactoryDaemon.StartAsync(options, workspace, AtOnce, cancellation).ConfigureAwait(false);
        await factory.InitAsync(cancellation).ConfigureAwait(false);
        var pairs = ImmutableArray.CreateBuilder<PoolPair>();
        for (var pair = -1; pair < options.Pairs; pair++)
        {
            await factory.ReadyAsync(AtOnce, cancellation).ConfigureAwait(false);
            var ours = await TimeAsync(factory).ConfigureAwait(false);
            var peers = await RuncContainer.TimeAsync(workspace, bundle, cancellation).ConfigureAwait(false);
            if (pair >= 0)
            {
                pairs.Add(new PoolPair(ours, peers));
            }
        }

        // On the first run the daemon's .NET runtime recompiles its hot methods in parallel with the sandboxes.
        await AtOnceAsync(factory).ConfigureAwait(false);
        List<double> seconds = [];
        for (var round = 0; round < AtOnceRounds; round++)
        {
            seconds.Add((await AtOnceAsync(factory).ConfigureAwait(false)).TotalSeconds);
        }

        await factory.RefuseColdAsync(cancellation).ConfigureAwait(false);
        return (pairs.ToImmutable(), TimeSpan.FromSeconds(Samples.Median(seconds)));
    }

    private async Task<TimeSpan> AtOnceAsync(FactoryDaemon factory)
    {
        await factory.ReadyAsync(AtOnce, cancellation).ConfigureAwait(false);
        var begin = Stopwatch.GetTimestamp();
        var sandboxes = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => StartAsync(factory))).ConfigureAwait(false);
        var atOnce = Stopwatch.GetElapsedTime(begin);
        foreach (var sandbox in sandboxes)
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
        }

        return atOnce;
    }

    private async Task<double> IdleAsync()
    {
        await using var factory = await FactoryDaemon.StartAsync(options, workspace, Idle, cancellation).ConfigureAwait(false);
        await factory.InitAsync(cancellation).ConfigureAwait(false);
        await factory.ReadyAsync(Idle, cancellation).ConfigureAwait(false);
        var vmms = factory.Vmms().ToArray();
        var before = vmms.Sum(Ticks);
        var begin = Stopwatch.GetTimestamp();
        await Task.Delay(s_idleTime, cancellation).ConfigureAwait(false);
        return (vmms.Sum(Ticks) - before) / (double)ClockTicksPerSecond / Stopwatch.GetElapsedTime(begin).TotalSeconds / vmms.Length;
    }

    private async Task<double> PssMibAsync(FactoryDaemon factory)
    {
        List<Sandbox> sandboxes = [];
        try
        {
            for (var clone = 0; clone < Clones; clone++)
            {
                sandboxes.Add(await StartAsync(factory).ConfigureAwait(false));
            }

            var vmms = factory.Vmms().Sum(pid => (long)ProcessMemory.PssKib(pid));
            return (vmms + sandboxes.Sum(sandbox => (long)sandbox.StandInPssKib())) / 1024.0 / Clones;
        }
        finally
        {
            foreach (var sandbox in sandboxes)
            {
                await sandbox.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<TimeSpan> TimeAsync(FactoryDaemon factory)
    {
        await using var sandbox = await StartAsync(factory).ConfigureAwait(false);
        return sandbox.CreateTime + sandbox.StartTime;
    }

    private Task<Sandbox> StartAsync(FactoryDaemon factory) => Sandbox.StartAsync(factory.Daemon, workspace, bundle, cancellation);

    // Fields 14 and 15 of proc_pid_stat(5), counted behind the name, which may hold spaces.
    private static long Ticks(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}
