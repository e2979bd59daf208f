using System.Globalization;
using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>The pages of the program's file that its start has touched.</summary>
public static class StartupPages
{
    private const string Code = "r-xp";
    private const string Constants = "r--p";

    /// <summary>
    /// Unmaps the code and constants of the running program (madvise(2)). What is used again comes back from the page cache at once; what only the
    /// start needed, and the kernel mapped around it, does not. For processes that stay long and do little.
    /// </summary>
    public static void Release()
    {
        var program = Environment.ProcessPath;
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            // from-to permissions offset device inode path
            if (program is not null && line.EndsWith(program, StringComparison.Ordinal) && line.Split(' ', 3) is [var range, var permissions, _])
            {
                if (permissions is Code or Constants)
                {
                    Release(range);
                }

                if (permissions == Code)
                {
                    // Constants behind the code were written when the program was loaded: those pages are not the file's any more.
                    return;
                }
            }
        }
    }

    private static unsafe void Release(string range)
    {
        var dash = range.IndexOf('-');
        var from = nuint.Parse(range.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var to = nuint.Parse(range.AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

        // SAFETY: the mapping is private, read-only and unwritten, so each page comes back with the same bytes. A refusal changes nothing.
        _ = madvise((void*)from, (int)(to - from), MADV_DONTNEED);
    }
}
