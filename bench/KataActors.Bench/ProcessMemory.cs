using System.Globalization;

namespace KataActors.Bench;

/// <summary>A process's use of the host's memory.</summary>
internal static class ProcessMemory
{
    /// <summary>Proportional set size (proc_pid_smaps_rollup), in KiB.</summary>
    public static ulong PssKib(int pid)
    {
        var path = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/smaps_rollup";
        var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith("Pss:", StringComparison.Ordinal))
            ?? throw new BenchException($"{path} has no line \"Pss\"");
        return ulong.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
