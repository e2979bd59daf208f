using System.Buffers.Binary;
using System.Text;

namespace KataActors.Guest;

/// <summary>A loadable kernel module: a file, and the modules that have to be loaded before it by its <c>.modinfo</c> section.</summary>
/// <param name="Name">Module name; <c>-</c> and <c>_</c> are the same in module names, here always <c>_</c>.</param>
/// <param name="File">Its file.</param>
/// <param name="Requires">Modules that must be there first.</param>
/// <param name="Prefers">Modules that should be there first, if they exist (<c>softdep=pre:</c>).</param>
public sealed record KernelModule(string Name, string File, IReadOnlyList<string> Requires, IReadOnlyList<string> Prefers)
{
    private const int ElfHeaderLength = 64;
    private const int SectionHeaderLength = 64;

    /// <summary>The canonical spelling of a module's name.</summary>
    public static string Canonical(string name) => name.Replace('-', '_');

    /// <summary>Reads the module's <c>.modinfo</c>.</summary>
    /// <exception cref="GuestBuildException">The file is not an uncompressed 64-bit little-endian kernel module.</exception>
    public static KernelModule Read(string file) => Parse(file, System.IO.File.ReadAllBytes(file));

    internal static KernelModule Parse(string file, ReadOnlySpan<byte> elf)
    {
        var requires = new List<string>();
        var prefers = new List<string>();
        foreach (var entry in Encoding.UTF8.GetString(ModInfo(file, elf)).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.StartsWith("depends=", StringComparison.Ordinal))
            {
                requires.AddRange(entry["depends=".Length..].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Canonical));
            }
            else if (entry.StartsWith("softdep=", StringComparison.Ordinal))
            {
                prefers.AddRange(SoftDependencies(entry["softdep=".Length..]));
            }
        }

        return new KernelModule(Canonical(Path.GetFileNameWithoutExtension(file)), file, requires, prefers);
    }

    // "pre: a b post: c": only the part before "post:" counts.
    private static IEnumerable<string> SoftDependencies(string value)
    {
        var before = false;
        foreach (var word in value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.EndsWith(':'))
            {
                before = word == "pre:";
            }
            else if (before)
            {
                yield return Canonical(word);
            }
        }
    }

    private static ReadOnlySpan<byte> ModInfo(string file, ReadOnlySpan<byte> elf)
    {
        ReadOnlySpan<byte> elf64LittleEndian = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        if (elf.Length < ElfHeaderLength || !elf.StartsWith(elf64LittleEndian))
        {
            throw Malformed(file, "not an uncompressed 64-bit module");
        }

        var sectionTable = BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]);
        var sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3c..]);
        var namesIndex = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3e..]);
        if (namesIndex >= sectionCount)
        {
            throw Malformed(file, "no section names");
        }

        var headers = Slice(file, elf, sectionTable, (ulong)sectionCount * SectionHeaderLength);
        var names = Section(file, elf, headers, namesIndex);
        for (var index = 0; index < sectionCount; index++)
        {
            var nameOffset = BinaryPrimitives.ReadUInt32LittleEndian(headers[(index * SectionHeaderLength)..]);
            if (nameOffset < names.Length && names[(int)nameOffset..].StartsWith(".modinfo\0"u8))
            {
                return Section(file, elf, headers, index);
            }
        }

        throw Malformed(file, "no .modinfo section");
    }

    private static ReadOnlySpan<byte> Section(string file, ReadOnlySpan<byte> elf, ReadOnlySpan<byte> headers, int index)
    {
        var header = headers.Slice(index * SectionHeaderLength, SectionHeaderLength);
        return Slice(
            file, elf, BinaryPrimitives.ReadUInt64LittleEndian(header[0x18..]), BinaryPrimitives.ReadUInt64LittleEndian(header[0x20..]));
    }

    private static ReadOnlySpan<byte> Slice(string file, ReadOnlySpan<byte> elf, ulong offset, ulong length) =>
        offset <= (ulong)elf.Length && length <= (ulong)elf.Length - offset
            ? elf.Slice((int)offset, (int)length)
            : throw Malformed(file, "section outside the file");

    private static GuestBuildException Malformed(string file, string cause) => new($"kernel module \"{file}\": {cause}");
}
