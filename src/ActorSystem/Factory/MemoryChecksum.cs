using System.Security.Cryptography;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The checksum of a sparse memory file: SHA-256 over the file's length, and each non-zero page together with its offset. Holes and zero pages count
/// alike, and cost nothing.
/// </summary>
internal static class MemoryChecksum
{
    private const int PageSize = 4096;
    private const int ChunkSize = 256 * PageSize;

    public static string Of(string path)
    {
        using var file = RegularFile.Open(path, OpenFlags.NoFollow);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(RandomAccess.GetLength(file)));
        var buffer = new byte[ChunkSize];
        foreach (var (start, end) in SparseFiles.DataRanges(file))
        {
            for (var offset = start; offset < end; offset += ChunkSize)
            {
                var chunk = buffer.AsSpan(0, (int)Math.Min(ChunkSize, end - offset));
                AppendPages(hash, chunk[..Fill(file, chunk, offset)], offset);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static int Fill(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var filled = 0;
        while (filled < buffer.Length && RandomAccess.Read(file, buffer[filled..], offset + filled) is var read and > 0)
        {
            filled += read;
        }

        return filled;
    }

    private static void AppendPages(IncrementalHash hash, ReadOnlySpan<byte> bytes, long offset)
    {
        for (var at = 0; at < bytes.Length; at += PageSize)
        {
            var page = bytes[at..Math.Min(at + PageSize, bytes.Length)];
            if (page.ContainsAnyExcept((byte)0))
            {
                hash.AppendData(BitConverter.GetBytes(offset + at));
                hash.AppendData(page);
            }
        }
    }
}
