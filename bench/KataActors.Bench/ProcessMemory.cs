using System.Globalization;

namespace KataActors.Bench;

/// <summary>A process's use of the host's memory.</summary>
internal static class ProcessMemory
{
    /// <summary>Proportional set size (proc_pid_smaps_rollup), in KiB.</summary>
    public static ulong PssKib(int pid) => ReadKib(pid, "smaps_rollup", "Pss");

    /// <summary>The peak of the resident set since its last reset (proc_pid_status), in KiB.</summary>
    public static ulong PeakKib(int pid) => ReadKib(pid, "status", "VmHWM");

    private static ulong ReadKib(int pid, string file, string name)
    {
        var path = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/{file}";
        var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))
            ?? throw new BenchException($"{path} has no line \"{name}\"");
        return ulong.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
