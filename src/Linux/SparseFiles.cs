using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>Files with holes (lseek(2), SEEK_DATA and SEEK_HOLE).</summary>
public static class SparseFiles
{
    private const int SeekData = 3;
    private const int SeekHole = 4;

    /// <summary>The parts of a file that hold data, in order. It moves the file's offset.</summary>
    public static IEnumerable<(long Start, long End)> DataRanges(SafeHandle file)
    {
        var end = 0L;
        while (Seek(file, end, SeekData) is { } start)
        {
            end = Seek(file, start, SeekHole) ?? start;
            yield return (start, end);
        }
    }

    // Null: no more data, or no more holes, behind that offset.
    private static long? Seek(SafeHandle file, long offset, int what)
    {
        var found = LibC.lseek(file, offset, what);
        if (found >= 0)
        {
            return found;
        }

        var failure = LinuxException.Last("lseek", "file");
        return failure.Errno == Errno.ENXIO ? null : throw failure;
    }
}
