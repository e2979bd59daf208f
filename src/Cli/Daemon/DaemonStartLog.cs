using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Daemon;

/// <summary>The file for the stdout and stderr of a daemon that is started here: little, unless it fails before its own log works.</summary>
internal sealed class DaemonStartLog : IDisposable
{
    private const OpenFlags Flags = OpenFlags.ReadWrite | OpenFlags.Append | OpenFlags.NoFollow;
    private const uint Mode = 0b110_000_000;
    private const long MaxKept = 1024 * 1024;
    private const int TailBytes = 4096;

    private readonly long _start;

    private DaemonStartLog(SafeFileHandle file)
    {
        File = file;
        _start = RandomAccess.GetLength(file);
    }

    /// <summary>Open for appending.</summary>
    public SafeFileHandle File { get; }

    public static DaemonStartLog Open(string directory)
    {
        var path = Path.Combine(directory, "daemon.log");
        var grown = new FileInfo(path) is { Exists: true, Length: > MaxKept };
        return new DaemonStartLog(RegularFile.OpenOrCreate(path, Flags | (grown ? OpenFlags.Truncate : 0), Mode));
    }

    /// <summary>The last line written since this was opened, after a colon; empty when there is none.</summary>
    public string ReadLastLine()
    {
        var length = RandomAccess.GetLength(File);
        var from = Math.Max(_start, length - TailBytes);
        var tail = new byte[Math.Max(0, length - from)];
        var got = RandomAccess.Read(File, tail, from);
        var text = Encoding.UTF8.GetString(tail, 0, got).TrimEnd();
        return text.Length == 0 ? "" : ": " + text[(text.LastIndexOf('\n') + 1)..].Trim();
    }

    public void Dispose() => File.Dispose();
}
