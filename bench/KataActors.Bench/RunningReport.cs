using System.Globalization;
using System.Text;

namespace KataActors.Bench;

/// <summary>The figures of one running container as Markdown.</summary>
internal static class RunningReport
{
    public static void Write(StringBuilder text, RunningFigures measured)
    {
        foreach (var command in measured.Commands)
        {
            var (name, target, ratio) = (command.Command.Name, command.Command.Target, command.Ratio);
            Row(text, $"| {name}, whole command | {command.OursMs:0.0} ms | runc {name}: {command.PeersMs:0.0} ms | {ratio:0.00} | ≤ {target} | {(ratio <= target ? "met" : "missed")} |");
        }

        foreach (var stream in measured.Streams)
        {
            Row(text, $"| 1 GiB through {stream.Name}, compared | {stream.Ours:0} MiB/s | runc: {stream.Peers:0} MiB/s | {stream.Ours / stream.Peers:0.00} | | |");
            Peaks(text, stream.Memory, stream.PeersMemory);
        }

        Load(text, measured.Execs);
    }

    private static void Load(StringBuilder text, ExecLoad load)
    {
        var (ours, peers) = (load.Ours.TotalSeconds, load.Peers.TotalSeconds);
        Row(text, $"| {load.Execs} execs, {load.AtOnce} at once, all exit codes right | {ours:0.00} s | runc: {peers:0.00} s | {ours / peers:0.00} | | |");
        Peaks(text, load.Memory, load.PeersMemory);
        var (before, after) = (load.Before, load.After);
        Row(text, $"| after them: PSS of the daemon | {Megabytes(after.DaemonPssKib):0.0} MB | before: {Megabytes(before.DaemonPssKib):0.0} MB | | | |");
        Row(text, $"| its descriptors, threads; stand-ins | {after.DaemonDescriptors}, {after.DaemonThreads}; {after.StandIns} | before: {before.DaemonDescriptors}, {before.DaemonThreads}; {before.StandIns} | | | |");
        Row(text, $"| agent RSS | {Megabytes(after.AgentRssKib):0.00} MB | before: {Megabytes(before.AgentRssKib):0.00} MB | | | |");
    }

    private static void Peaks(StringBuilder text, PeakMemory ours, PeakMemory peers)
    {
        var (mine, theirs) = (Megabytes(ours.ProcessesKib), Megabytes(peers.ProcessesKib));
        Row(text, $"| peak PSS of commands and stand-ins meanwhile | {mine:0.0} MB | runc's processes: {theirs:0.0} MB | {mine / theirs:0.00} | | |");
        Row(text, $"| peak RSS of the daemon; of the agent in the guest | {Megabytes(ours.DaemonKib):0.0} MB; {Megabytes(ours.AgentKib):0.00} MB | | | | |");
    }

    private static void Row(StringBuilder text, FormattableString row) => text.Append(row.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static double Megabytes(ulong kib) => kib * 1024 / 1e6;
}
