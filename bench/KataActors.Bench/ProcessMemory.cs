using System.Globalization;
using KataActors.Linux;

namespace KataActors.Bench;

/// <summary>A process's use of the host's memory.</summary>
internal static class ProcessMemory
{
    /// <summary>Proportional set size (proc_pid_smaps_rollup), in KiB.</summary>
    public static ulong PssKib(int pid) => ReadKib(pid, "smaps_rollup", "Pss");

    /// <summary>The sum of the proportional set sizes of the processes of these programs, in KiB.</summary>
    public static ulong PssKib(IReadOnlyCollection<string> programs) =>
        ProcessFiles.List().Where(pid => IsOf(pid, programs)).Aggregate(0UL, (sum, pid) => sum + TryPssKib(pid));

    /// <summary>Whether the process runs one of these programs. False when it is gone, or another user's.</summary>
    public static bool IsOf(int pid, IReadOnlyCollection<string> programs)
    {
        try
        {
            return ProcessFiles.TryReadExecutable(pid) is { } program && programs.Contains(program);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>The peak of the resident set since its last reset (proc_pid_status), in KiB.</summary>
    public static ulong PeakKib(int pid) => ReadKib(pid, "status", "VmHWM");

    // None of a process that ends meanwhile.
    private static ulong TryPssKib(int pid)
    {
        try
        {
            return PssKib(pid);
        }
        catch (Exception e) when (e is IOException or BenchException)
        {
            return 0;
        }
    }

    private static ulong ReadKib(int pid, string file, string name)
    {
        var path = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/{file}";
        var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))
            ?? throw new BenchException($"{path} has no line \"{name}\"");
        return ulong.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
