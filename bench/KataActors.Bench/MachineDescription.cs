namespace KataActors.Bench;

/// <summary>The machine that the figures belong to.</summary>
internal static class MachineDescription
{
    public static string Text()
    {
        var model = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown CPU";
        return $"{model}, {Environment.ProcessorCount} cores, host kernel {Read("/proc/sys/kernel/osrelease")}, load {Load()}";
    }

    /// <summary>Load averages of one and five minutes.</summary>
    public static string Load() => string.Join(' ', Read("/proc/loadavg").Split(' ')[..2]);

    private static string Read(string path) => File.ReadAllText(path).Trim();
}
