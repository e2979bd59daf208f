using System.Collections.Immutable;

namespace KataActors.Bench;

/// <summary>Measures commands on a running container beside the same commands of runc, in pairs, the two of a pair in turns first.</summary>
internal sealed class CommandMeasuring(Daemon daemon, Sandbox sandbox, RuncContainer peer, Workspace workspace, CancellationToken cancellation)
{
    // A daemon compiles what it often does during its first hundreds of commands.
    private const int WarmUps = 100;
    private const int Starts = 15;

    // Targets: no slower than runc; what makes a process in the guest, at most twice as slow. Commands of one row follow one another in each pair.
    private static readonly MeasuredCommand[][] s_rounds =
    [
        [new("state", 100, 1, id => ["state", id])],
        [new("list", 30, 1, _ => ["list"])],
        [new("kill 0", 30, 1, id => ["kill", id, "0"])],
        [new("exec true", 30, 2, id => ["exec", id, "true"])],
        [new("pause", 30, 1, id => ["pause", id]), new("resume", 30, 1, id => ["resume", id])],
    ];

    private static readonly MeasuredCommand s_start = new("start", Starts, 2, id => ["start", id]);

    public async Task<ImmutableArray<CommandPairs>> RunAsync()
    {
        var all = ImmutableArray.CreateBuilder<CommandPairs>();
        foreach (var round in s_rounds)
        {
            all.AddRange(await MeasureAsync(round, (command, ours) => RunAsync(command, ours, ours ? sandbox.Id : peer.Id)).ConfigureAwait(false));
        }

        var bundle = Bundle.MakeAdded(workspace.NewPath("added"), sandbox.Id);
        all.AddRange(await MeasureAsync([s_start], (command, ours) => StartAsync(command, ours, bundle)).ConfigureAwait(false));
        return all.ToImmutable();
    }

    private static async Task<CommandPairs[]> MeasureAsync(MeasuredCommand[] round, Func<MeasuredCommand, bool, Task<TimeSpan>> run)
    {
        var pairs = round[0].Pairs;
        var measured = round.Select(_ => ImmutableArray.CreateBuilder<CommandPair>(pairs)).ToArray();
        Console.Error.WriteLine($"bench: {string.Join(", ", round.Select(command => command.Name))}, {pairs} pairs");
        for (var pair = -(round[0] == s_start ? Starts : WarmUps); pair < pairs; pair++)
        {
            var oursFirst = pair % 2 == 0;
            var first = await RoundAsync(oursFirst).ConfigureAwait(false);
            var second = await RoundAsync(!oursFirst).ConfigureAwait(false);
            for (var i = 0; pair >= 0 && i < round.Length; i++)
            {
                measured[i].Add(oursFirst ? new CommandPair(first[i], second[i]) : new CommandPair(second[i], first[i]));
            }
        }

        return [.. round.Zip(measured, (command, pairs) => Told(new CommandPairs(command, pairs.ToImmutable())))];

        async Task<TimeSpan[]> RoundAsync(bool ours)
        {
            var times = new TimeSpan[round.Length];
            for (var i = 0; i < times.Length; i++)
            {
                times[i] = await run(round[i], ours).ConfigureAwait(false);
            }

            return times;
        }
    }

    private static CommandPairs Told(CommandPairs pairs)
    {
        Console.Error.WriteLine($"bench: {pairs.Command.Name}: {pairs.OursMs:0.0} ms, runc {pairs.PeersMs:0.0} ms");
        return pairs;
    }

    // Of a new container each time, ours in the sandbox that exists.
    private async Task<TimeSpan> StartAsync(MeasuredCommand start, bool ours, Bundle bundle)
    {
        var id = workspace.NewId();
        try
        {
            await RunAsync(["create", "--bundle", bundle.Path, id], ours, cancellation).ConfigureAwait(false);
            return await RunAsync(start, ours, id).ConfigureAwait(false);
        }
        finally
        {
            await RunAsync(["delete", "--force", id], ours, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private Task<TimeSpan> RunAsync(MeasuredCommand command, bool ours, string id) => RunAsync(command.Arguments(id), ours, cancellation);

    private async Task<TimeSpan> RunAsync(string[] arguments, bool ours, CancellationToken stop)
    {
        using var errors = new OutputFile(workspace.NewPath("errors"));
        return await ChildProcess.TimeAsync(ours ? daemon.Command(arguments) : peer.Command(arguments), errors, stop).ConfigureAwait(false);
    }
}

/// <summary>A command of both runtimes.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Pairs">How often each is measured.</param>
/// <param name="Target">The greatest ratio to the peer.</param>
/// <param name="Arguments">Its arguments for a container id.</param>
internal sealed record MeasuredCommand(string Name, int Pairs, double Target, Func<string, string[]> Arguments);

/// <summary>The times of a command, each from before its process to the process's end.</summary>
internal sealed record CommandPairs(MeasuredCommand Command, ImmutableArray<CommandPair> Pairs)
{
    /// <summary>Our median.</summary>
    public double OursMs => Samples.Median(Pairs.Select(pair => pair.Ours.TotalMilliseconds));

    /// <summary>The peer's median.</summary>
    public double PeersMs => Samples.Median(Pairs.Select(pair => pair.Peers.TotalMilliseconds));

    /// <summary>The median of ours to the peer's.</summary>
    public double Ratio => Samples.Median(Pairs.Select(pair => pair.Ours / pair.Peers));
}

/// <summary>Our command and the peer's, one after the other.</summary>
internal sealed record CommandPair(TimeSpan Ours, TimeSpan Peers);
