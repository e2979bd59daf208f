using System.Collections.Immutable;

namespace KataActors.Bench;

/// <summary>Measures commands on a running container beside the same commands of runc, in pairs, the two of a pair in turns first.</summary>
internal sealed class CommandMeasuring(Daemon daemon, Sandbox sandbox, RuncContainer peer, Workspace workspace, CancellationToken cancellation)
{
    private const int WarmUps = 5;

    // Targets: no slower than runc; an exec, which makes a process in the guest, at most twice as slow.
    private static readonly MeasuredCommand[] s_commands =
    [
        new("state", 100, 1, id => ["state", id]),
        new("list", 30, 1, _ => ["list"]),
        new("kill 0", 30, 1, id => ["kill", id, "0"]),
        new("exec true", 30, 2, id => ["exec", id, "true"]),
    ];

    public async Task<ImmutableArray<CommandPairs>> RunAsync()
    {
        var all = ImmutableArray.CreateBuilder<CommandPairs>();
        foreach (var command in s_commands)
        {
            Console.Error.WriteLine($"bench: {command.Name}, {command.Pairs} pairs");
            var pairs = await MeasureAsync(command).ConfigureAwait(false);
            Console.Error.WriteLine($"bench: {command.Name}: {pairs.OursMs:0.0} ms, runc {pairs.PeersMs:0.0} ms");
            all.Add(pairs);
        }

        return all.ToImmutable();
    }

    private async Task<CommandPairs> MeasureAsync(MeasuredCommand command)
    {
        using var errors = new OutputFile(workspace.NewPath("errors"));
        Task<TimeSpan> Ours() => ChildProcess.TimeAsync(daemon.Command(command.Arguments(sandbox.Id)), errors, cancellation);
        Task<TimeSpan> Peers() => ChildProcess.TimeAsync(peer.Command(command.Arguments(peer.Id)), errors, cancellation);

        var pairs = ImmutableArray.CreateBuilder<CommandPair>();
        for (var pair = -WarmUps; pair < command.Pairs; pair++)
        {
            var first = pair % 2 == 0 ? await Ours().ConfigureAwait(false) : await Peers().ConfigureAwait(false);
            var second = pair % 2 == 0 ? await Peers().ConfigureAwait(false) : await Ours().ConfigureAwait(false);
            if (pair >= 0)
            {
                pairs.Add(pair % 2 == 0 ? new CommandPair(first, second) : new CommandPair(second, first));
            }
        }

        return new CommandPairs(command, pairs.ToImmutable());
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
