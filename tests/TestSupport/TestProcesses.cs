using System.Globalization;
using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>The processes of a test, which have the test's directory in their command lines: commands, stand-ins, daemons, VMMs. No zombies.</summary>
public static class TestProcesses
{
    /// <summary>Those that live now, with their command lines.</summary>
    public static IEnumerable<(int Pid, string CommandLine)> Of(string directory)
    {
        foreach (var entry in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out var pid) && ReadCommandLine(entry) is { } line
                && line.Contains(directory, StringComparison.Ordinal) && ProcessIdentity.TryRead(pid) is { } identity && identity.IsAlive())
            {
                yield return (pid, line);
            }
        }
    }

    /// <summary>Kills them.</summary>
    /// <returns>Whether there were none. One that was just starting another one makes a second call necessary.</returns>
    public static bool KillAll(string directory)
    {
        var left = Of(directory).ToList();
        foreach (var (pid, _) in left)
        {
            using var process = ProcessIdentity.TryRead(pid) is { } identity ? Pidfd.TryOpen(identity) : null;
            process?.Signal(Signals.SIGKILL);
        }

        return left.Count == 0;
    }

    private static string? ReadCommandLine(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
