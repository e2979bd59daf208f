namespace KataActors.Hypervisor;

/// <summary>
/// The root of a container that a guest may run to rehearse, in every share: a program that ends at once, and folders to mount on. No container can have the
/// name, which is not an id.
/// </summary>
public static class RehearsalRoot
{
    /// <summary>The root, below the share.</summary>
    public const string Name = "~rehearsal";

    /// <summary>The program, below the root.</summary>
    public const string Program = "program";

    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserExecute;

    // exit(0), as an x86-64 ELF executable of one segment that maps the whole file: its header, the program header, and the code
    // (xor edi, edi; mov eax, 60; syscall).
    private static readonly byte[] s_executable = Convert.FromHexString(
        "7f454c4602010100000000000000000002003e000100000078004000000000004000000000000000000000000000000000000000400038000100000000000000"
        + "0100000005000000000000000000000000004000000000000000400000000000810000000000000081000000000000000010000000000000"
        + "31ffb83c0000000f05");

    internal static void Make(string share)
    {
        var root = Path.Combine(share, Name);
        Directory.CreateDirectory(root);
        Directory.CreateDirectory(Path.Combine(root, "proc"));
        Directory.CreateDirectory(Path.Combine(root, "dev"));
        var program = Path.Combine(root, Program);
        File.WriteAllBytes(program, s_executable);
        File.SetUnixFileMode(program, Executable);
    }
}
