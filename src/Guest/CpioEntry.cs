namespace KataActors.Guest;

/// <summary>The type of an entry of the initramfs; the values are the file type bits of <c>st_mode</c>.</summary>
public enum CpioEntryType
{
    /// <summary>A character device node.</summary>
    CharacterDevice = 0x2000,

    /// <summary>A directory.</summary>
    Directory = 0x4000,

    /// <summary>A regular file.</summary>
    File = 0x8000,
}

/// <summary>One entry of the initramfs. Owner and times are not part of it: every entry belongs to root and is as old as the epoch.</summary>
/// <param name="Path">Relative to the root, without a leading slash, <c>.</c> or <c>..</c>.</param>
/// <param name="Type">Its type.</param>
/// <param name="Permissions">The lowest twelve bits of the mode.</param>
/// <param name="Content">The bytes of a file; empty otherwise.</param>
/// <param name="DeviceMajor">Of a device node; 0 otherwise.</param>
/// <param name="DeviceMinor">Of a device node; 0 otherwise.</param>
public sealed record CpioEntry(
    string Path, CpioEntryType Type, int Permissions, ReadOnlyMemory<byte> Content, int DeviceMajor, int DeviceMinor)
{
    /// <summary>A directory that all may enter.</summary>
    public static CpioEntry Directory(string path, int permissions = 0b111_101_101) =>
        new(path, CpioEntryType.Directory, permissions, ReadOnlyMemory<byte>.Empty, 0, 0);

    /// <summary>A regular file.</summary>
    public static CpioEntry File(string path, ReadOnlyMemory<byte> content, bool executable) =>
        new(path, CpioEntryType.File, executable ? 0b111_101_101 : 0b110_100_100, content, 0, 0);

    /// <summary>A character device node.</summary>
    public static CpioEntry Device(string path, int major, int minor, int permissions) =>
        new(path, CpioEntryType.CharacterDevice, permissions, ReadOnlyMemory<byte>.Empty, major, minor);
}
