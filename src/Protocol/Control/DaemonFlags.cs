using System.Text;
using KataActors.Linux;

namespace KataActors.Protocol.Control;

/// <summary>
/// The flags of the last daemon that has served in a run directory, but for its address: a command that starts its successor passes them again. Without them the
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
            return Parse(RegularFile.ReadOwn(Path.Combine(runDirectory, FileName), MostBytes), Path.Combine(runDirectory, FileName));
        }
        catch (LinuxException failure) when (failure.Errno == Errno.ENOENT)
        {
            return [];
        }
    }

    private static string[] Parse(byte[] content, string path) => content is [] or [.., 0]
        ? Encoding.UTF8.GetString(content).Split('\0')[..^1]
        : throw new LinuxException(Errno.EINVAL, "read", path, "does not end with a NUL");
}
