using System.Globalization;
using System.Text;
using KataActors.Linux;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>One process as proc(5) shows it.</summary>
internal static class ProcessFacts
{
    private const int LongestCommand = 1024;
    private const ulong MillisecondsPerTick = 10;
    private const ulong KibPerPage = 4;

    // Of proc_pid_stat(5), counted after the name.
    private const int State = 0;
    private const int Parent = 1;
    private const int Terminal = 4;
    private const int UserTime = 11;
    private const int SystemTime = 12;
    private const int Nice = 16;
    private const int Threads = 17;
    private const int Start = 19;
    private const int VirtualSize = 20;
    private const int ResidentPages = 21;

    /// <summary>The facts, but for those of the parent; null when the process is gone.</summary>
    /// <param name="pid">Its pid in the agent's namespace.</param>
    /// <param name="now">The guest's time.</param>
    /// <param name="uptimeMs">Its time since boot.</param>
    /// <param name="parent">The parent's pid in the agent's namespace.</param>
    internal static GuestProcess? Read(int pid, DateTimeOffset now, ulong uptimeMs, out int parent)
    {
        parent = 0;
        if (Text(pid, "stat") is not { } stat || Text(pid, "status") is not { } status || ProcessFiles.TryReadStart(pid, "cmdline", LongestCommand) is not { } command)
        {
            return null;
        }

        var (open, close) = (stat.IndexOf('('), stat.LastIndexOf(')'));
        var fields = stat[(close + 2)..].TrimEnd('\n').Split(' ');
        parent = int.Parse(fields[Parent], CultureInfo.InvariantCulture);
        var elapsed = uptimeMs - Math.Min(uptimeMs, Number(Start) * MillisecondsPerTick);
        return new GuestProcess
        {
            Pid = PidOf(status),
            Uid = uint.Parse(Words(status, "Uid:")[1], CultureInfo.InvariantCulture),
            Tty = (uint)int.Parse(fields[Terminal], CultureInfo.InvariantCulture),
            State = fields[State],
            Nice = int.Parse(fields[Nice], CultureInfo.InvariantCulture),
            Threads = (uint)Number(Threads),
            StartUnixMs = now.ToUnixTimeMilliseconds() - (long)elapsed,
            ElapsedMs = elapsed,
            CpuMs = (Number(UserTime) + Number(SystemTime)) * MillisecondsPerTick,
            VirtualKib = Number(VirtualSize) / 1024,
            ResidentKib = Number(ResidentPages) * KibPerPage,
            Name = stat[(open + 1)..close],
            Command = Encoding.UTF8.GetString(command).TrimEnd('\0').Replace('\0', ' '),
        };

        ulong Number(int field) => ulong.Parse(fields[field], CultureInfo.InvariantCulture);
    }

    /// <summary>The pid of a process in the namespace below the agent's; 0 for none, and for a process that is gone.</summary>
    internal static uint PidOf(int pid) => Text(pid, "status") is { } status ? PidOf(status) : 0;

    // NSpid has one number for each level: the agent's, that of the containers, and those of namespaces that a container has made itself.
    private static uint PidOf(string status) => Words(status, "NSpid:") is [_, var inside, ..] ? uint.Parse(inside, CultureInfo.InvariantCulture) : 0;

    private static string[] Words(string status, string label) =>
        status.Split('\n').First(line => line.StartsWith(label, StringComparison.Ordinal))[label.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries);

    private static string? Text(int pid, string file) => ProcessFiles.TryRead(pid, file) is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes) : null;
}
