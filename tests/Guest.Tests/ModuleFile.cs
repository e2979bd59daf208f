using System.Buffers.Binary;
using System.Text;

namespace KataActors.Guest.Tests;

/// <summary>Makes the smallest ELF file that holds a <c>.modinfo</c> section.</summary>
internal static class ModuleFile
{
    public static byte[] WithModInfo(params string[] entries)
    {
        var info = Encoding.UTF8.GetBytes(string.Concat(entries.Select(entry => entry + '\0')));
        var names = "\0.modinfo\0.shstrtab\0"u8.ToArray();
        var file = new byte[64 + info.Length + names.Length + (3 * 64)];
        byte[] magic = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        magic.CopyTo(file, 0);
        info.CopyTo(file, 64);
        names.CopyTo(file, 64 + info.Length);

        var headers = 64 + info.Length + names.Length;
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(0x28), (ulong)headers);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3c), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3e), 2);
        WriteSection(file.AsSpan(headers + 64), name: 1, offset: 64, info.Length);
        WriteSection(file.AsSpan(headers + 128), name: 10, offset: 64 + info.Length, names.Length);
        return file;
    }

    private static void WriteSection(Span<byte> header, uint name, int offset, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, name);
        BinaryPrimitives.WriteUInt64LittleEndian(header[0x18..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[0x20..], (ulong)length);
    }
}
