using System.Globalization;
using System.Text;

namespace KataActors.Runtime.Factory;

/// <summary>The memory shared by the clones of a template.</summary>
/// <param name="Clones">The number of processes that map the memory file.</param>
/// <param name="SavedKib">The memory saved by sharing, in KiB (proc_pid_smaps(5): Rss without Pss).</param>
internal sealed record SharedMemory(int Clones, long SavedKib)
{
    /// <summary>Nothing.</summary>
    public static readonly SharedMemory None = new(0, 0);

    /// <summary>Reads all processes that were started with this memory file.</summary>
    public static SharedMemory Of(string memoryFile)
    {
        var (clones, saved) = (0, 0L);
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(directory => char.IsAsciiDigit(Path.GetFileName(directory)[0])))
        {
            try
            {
                if (Encoding.UTF8.GetString(File.ReadAllBytes($"{directory}/cmdline")).Contains($"mem-path={memoryFile}\0", StringComparison.Ordinal))
                {
                    clones++;
                    saved += SavedBy(File.ReadLines($"{directory}/smaps"), memoryFile);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The process has just ended.
            }
        }

        return new SharedMemory(clones, saved);
    }

    /// <summary>The difference of Rss and Pss of the mappings of a file, in KiB.</summary>
    internal static long SavedBy(IEnumerable<string> smaps, string memoryFile)
    {
        var (inFile, saved) = (false, 0L);
        foreach (var line in smaps)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length >= 5 && fields[0].Contains('-', StringComparison.Ordinal))
            {
                inFile = line.Contains($" {memoryFile}", StringComparison.Ordinal);
            }
            else if (inFile && fields is ["Rss:" or "Pss:", _, "kB"])
            {
                var kib = long.Parse(fields[1], CultureInfo.InvariantCulture);
                saved += fields[0] == "Rss:" ? kib : -kib;
            }
        }

        return saved;
    }
}
