using System.Buffers.Binary;

namespace KataActors.Hypervisor.Tests;

/// <summary>
/// The smallest file that QEMU boots as a Linux kernel (x86 boot protocol, Documentation/arch/x86/boot.rst): a boot sector, and real-mode
/// code that does one thing and halts. With it the test controls the life and death of a real QEMU without a guest.
/// </summary>
internal static class StubKernel
{
    private const int SectorBytes = 512;
    private const int CodeOffset = 0x268;

    private static readonly byte[] s_halt = [0xFA, 0xF4, 0xEB, 0xFC];

    /// <summary>Halts for ever.</summary>
    public static byte[] Halting => Build([]);

    /// <summary>Writes to the reset control register.</summary>
    public static byte[] Resetting => Build([0xBA, 0xF9, 0x0C, 0xB0, 0x06, 0xEE]);

    /// <summary>Enters ACPI sleep state S5, where q35's firmware has put the register.</summary>
    public static byte[] PoweringOff => Build([0xBA, 0x04, 0x06, 0xB8, 0x00, 0x20, 0xEF]);

    private static byte[] Build(ReadOnlySpan<byte> code)
    {
        var image = new byte[4 * SectorBytes];
        image[0x1F1] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x1FE), 0xAA55);
        // A short jump over the header.
        image[0x200] = 0xEB;
        image[0x201] = CodeOffset - 0x202;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x020C);
        image[0x211] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x214), 0x100000);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x22C), 0x7FFFFFFF);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x238), 2047);
        code.CopyTo(image.AsSpan(CodeOffset));
        s_halt.CopyTo(image.AsSpan(CodeOffset + code.Length));
        return image;
    }
}
