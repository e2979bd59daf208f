using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Bundles;

/// <summary>Reads a file named by the caller, which may be endless.</summary>
internal static class BoundedFile
{
    /// <summary>The whole content, or a little more than <paramref name="most"/> bytes, so that the parser refuses it.</summary>
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
