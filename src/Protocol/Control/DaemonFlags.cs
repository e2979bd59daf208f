using System.Text;
using KataActors.Linux;

namespace KataActors.Protocol.Control;

/// <summary>
/// The flags of the last daemon in a run directory, but for its address: a command that starts its successor passes them again. Without them the
/// successor of a killed daemon would have another configuration, or even another journal. Each flag ends with a NUL, as in /proc/PID/cmdline.
/// </summary>
public static class DaemonFlags
{
    /// <summary>The file's name in the run directory.</summary>
    public const string FileName = "daemon.flags";

    private const uint FileMode = 0b110_000_000;
    private const int MostBytes = 64 * 1024;

    /// <summary>Replaces the recorded flags, atomically.</summary>
    /// <exception cref="LinuxException">The file cannot be written.</exception>
    public static void Write(string runDirectory, IEnumerable<string> flags) =>
        RegularFile.Replace(Path.Combine(runDirectory, FileName), Encoding.UTF8.GetBytes(string.Concat(flags.Select(flag => flag + '\0'))), FileMode);

    /// <summary>The recorded flags; none when no daemon has run there.</summary>
    /// <exception cref="LinuxException">The file cannot be read, or another user may write to it.</exception>
    public static IReadOnlyList<string> Read(string runDirectory)
    {
        try
        {
            var text = Encoding.UTF8.GetString(RegularFile.ReadOwn(Path.Combine(runDirectory, FileName), MostBytes));
            return text.Split('\0')[..^1];
        }
        catch (LinuxException failure) when (failure.Errno == Errno.ENOENT)
        {
            return [];
        }
    }
}
