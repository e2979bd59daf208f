namespace KataActors.Hypervisor;

/// <summary>
/// The root of the warm-up container of a rehearsal, in every share: a program that ends at once, and folders to mount on. Its name is not a valid id, so no
/// container can have it.
/// </summary>
public static class RehearsalRoot
{
    /// <summary>The root, below the share.</summary>
    public const string Name = "~rehearsal";

    /// <summary>The program, below the root.</summary>
    public const string Program = "program";

    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserExecute;

    private const int Length = 0x80000;

    // An x86-64 ELF executable of one segment that maps the whole file: its header, the program header, and the code. It reads a byte of each 64 KiB, from
    // the end, to defeat the read-ahead, like a program that is paged in; then it ends with 0 (xor edi, edi; mov esi, 0x480000; next: sub esi, 0x10000;
    // mov al, [rsi]; cmp esi, 0x400000; ja next; mov eax, 60; syscall). The rest of the file is a hole.
    private static readonly byte[] s_executable = Convert.FromHexString(
        "7f454c4602010100000000000000000002003e000100000078004000000000004000000000000000000000000000000000000000400038000100000000000000"
        + "0100000005000000000000000000000000004000000000000000400000000000000008000000000000000800000000000010000000000000"
        + "31ffbe0000480081ee000001008a0681fe0000400077f0b83c0000000f05");

    internal static void Make(string share)
    {
        var root = Path.Combine(share, Name);
        Directory.CreateDirectory(root);
        Directory.CreateDirectory(Path.Combine(root, "proc"));
        Directory.CreateDirectory(Path.Combine(root, "dev"));
        var program = Path.Combine(root, Program);
        using (var file = File.Create(program))
        {
            file.Write(s_executable);
            file.SetLength(Length);
        }

        File.SetUnixFileMode(program, Executable);
    }
}
