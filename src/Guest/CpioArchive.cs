using System.Globalization;
using System.Text;

namespace KataActors.Guest;

/// <summary>
/// A cpio archive in the "newc" format that the kernel unpacks as its initramfs
/// (<see href="https://docs.kernel.org/driver-api/early-userspace/buffer-format.html"/>). The same entries give the same bytes,
/// in whatever order they are handed over.
/// </summary>
public static class CpioArchive
{
    private const int HeaderLength = 110;
    private const int FirstInode = 1;
    private const string Trailer = "TRAILER!!!";

    /// <summary>Writes all entries sorted by path, so that a directory comes before its entries.</summary>
    /// <exception cref="GuestBuildException">A path is malformed, appears twice, or lies in no directory of the archive.</exception>
    public static void Write(Stream output, IEnumerable<CpioEntry> entries)
    {
        var sorted = entries.OrderBy(entry => entry.Path, StringComparer.Ordinal).ToList();
        CheckPaths(sorted);

        var inode = FirstInode;
        foreach (var entry in sorted)
        {
            WriteEntry(output, entry, inode++);
        }

        WriteHeader(output, Trailer, inode: 0, mode: 0, links: 1, size: 0, deviceMajor: 0, deviceMinor: 0);
    }

    private static void WriteEntry(Stream output, CpioEntry entry, int inode)
    {
        var mode = (int)entry.Type | entry.Permissions;
        var links = entry.Type == CpioEntryType.Directory ? 2 : 1;
        WriteHeader(output, entry.Path, inode, mode, links, entry.Content.Length, entry.DeviceMajor, entry.DeviceMinor);
        output.Write(entry.Content.Span);
        Pad(output, entry.Content.Length);
    }

    private static void WriteHeader(
        Stream output, string path, int inode, int mode, int links, int size, int deviceMajor, int deviceMinor)
    {
        var name = Encoding.UTF8.GetBytes(path + '\0');
        ReadOnlySpan<int> fields =
            [inode, mode, 0, 0, links, 0, size, 0, 0, deviceMajor, deviceMinor, name.Length, 0];
        var header = new StringBuilder("070701", HeaderLength);
        foreach (var field in fields)
        {
            header.Append(CultureInfo.InvariantCulture, $"{field:X8}");
        }

        output.Write(Encoding.ASCII.GetBytes(header.ToString()));
        output.Write(name);
        Pad(output, HeaderLength + name.Length);
    }

    private static void Pad(Stream output, int length)
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0];
        output.Write(zeros[..(-length & 3)]);
    }

    private static void CheckPaths(IReadOnlyList<CpioEntry> sorted)
    {
        var directories = new HashSet<string>(StringComparer.Ordinal) { "" };
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in sorted)
        {
            if (entry.Path.Split('/').Any(part => part is "" or "." or "..") || entry.Path.Contains('\0') || entry.Path == Trailer)
            {
                throw new GuestBuildException($"initramfs: malformed path \"{entry.Path.Replace("\0", "\\0", StringComparison.Ordinal)}\"");
            }

            if (!seen.Add(entry.Path))
            {
                throw new GuestBuildException($"initramfs: path \"{entry.Path}\" appears twice");
            }

            var parent = entry.Path[..Math.Max(entry.Path.LastIndexOf('/'), 0)];
            if (!directories.Contains(parent))
            {
                throw new GuestBuildException($"initramfs: path \"{entry.Path}\" lies in no directory of the archive");
            }

            if (entry.Type == CpioEntryType.Directory)
            {
                directories.Add(entry.Path);
            }
        }
    }
}
