using System.Globalization;
using System.Text;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>
/// The files of one process in /proc (proc(5)). A process that is gone is a normal result, null or empty; any other failure, such as a lack
/// of descriptors or memory, proves nothing about the process and is thrown.
/// </summary>
public static class ProcessFiles
{
    private const string Root = "/proc";
    private const string Replaced = " (deleted)";
    private const int LongestPath = 4096;

    /// <summary>All processes.</summary>
    /// <exception cref="IOException">They cannot be listed.</exception>
    public static IEnumerable<int> List() => Numbers(Directory.EnumerateDirectories(Root));

    /// <summary>The process's threads; none when it is gone.</summary>
    /// <exception cref="IOException">They cannot be listed.</exception>
    public static IReadOnlyList<int> Threads(int pid)
    {
        try
        {
            return [.. Numbers(Directory.EnumerateDirectories(PathOf(pid, "task")))];
        }
        catch (IOException e) when (e is DirectoryNotFoundException || e.HResult == Errno.ESRCH)
        {
            // ESRCH when it ends while it is listed.
            return [];
        }
    }

    /// <summary>The content of one of its files; null when the process is gone.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static byte[]? TryRead(int pid, string name) => UnlessGone(() => KernelFiles.ReadBytes(PathOf(pid, name)));

    /// <summary>The first <paramref name="most"/> bytes of one of its files; null when the process is gone.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static byte[]? TryReadStart(int pid, string name, int most) => UnlessGone(() => KernelFiles.ReadStart(PathOf(pid, name), most));

    /// <summary>Its command line; empty when it is gone, a zombie, or a thread of the kernel.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static string[] CommandLine(int pid) =>
        TryRead(pid, "cmdline") is { Length: > 0 } line ? Encoding.UTF8.GetString(line).TrimEnd('\0').Split('\0') : [];

    /// <summary>
    /// The path of the program that it runs, as it was when it was started: the file may have been replaced since. Null when it is gone, a zombie,
    /// or a thread of the kernel.
    /// </summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static string? TryReadExecutable(int pid) => UnlessGone(() => ReadLink(PathOf(pid, "exe"))) is { } path
        ? path.EndsWith(Replaced, StringComparison.Ordinal) ? path[..^Replaced.Length] : path
        : null;

    /// <summary>Whether both its real and its effective uid are that user. False when it is gone.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static bool IsOfUser(int pid, uint uid)
    {
        const string label = "Uid:";
        var line = TryRead(pid, "status") is { } status
            ? Encoding.UTF8.GetString(status).Split('\n').FirstOrDefault(line => line.StartsWith(label, StringComparison.Ordinal))
            : null;
        var wanted = uid.ToString(CultureInfo.InvariantCulture);
        return line?[label.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries) is [var real, var effective, ..] && real == wanted && effective == wanted;
    }

    private static string PathOf(int pid, string name) => string.Create(CultureInfo.InvariantCulture, $"{Root}/{pid}/{name}");

    private static IEnumerable<int> Numbers(IEnumerable<string> directories)
    {
        foreach (var directory in directories)
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                yield return number;
            }
        }
    }

    private static T? UnlessGone<T>(Func<T> look)
        where T : class
    {
        try
        {
            return look();
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            // ENOENT before, or ESRCH after the file was opened.
            return null;
        }
    }

    private static unsafe string ReadLink(string path)
    {
        var target = stackalloc byte[LongestPath];
        // SAFETY: the kernel writes no more than the length says.
        var length = LibC.readlink(path, target, LongestPath);
        return length >= 0 ? Encoding.UTF8.GetString(target, (int)length) : throw LinuxException.Last("readlink", path);
    }
}
