namespace KataActors.Linux;

/// <summary>The type of a file: S_IFMT of inode(7), without its twelve low bits.</summary>
public enum FileKind
{
    Fifo = 1,
    CharacterDevice = 2,
    Directory = 4,
    BlockDevice = 6,
    Regular = 8,
    SymbolicLink = 10,
    Socket = 12,
}
