using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Bundles;

/// <summary>Reads what the caller names, which may have no end.</summary>
internal static class BoundedFile
{
    /// <summary>All of it, or a little more than <paramref name="most"/> bytes, which is enough for a parser to refuse it.</summary>
    public static byte[] Read(SafeFileHandle file, int most)
    {
        var buffer = new byte[64 * 1024];
        using var content = new MemoryStream();
        while (content.Length <= most)
        {
            var count = BlockingStreams.Read(file, buffer);
            if (count == 0)
            {
                break;
            }

            content.Write(buffer, 0, count);
        }

        return content.ToArray();
    }
}
