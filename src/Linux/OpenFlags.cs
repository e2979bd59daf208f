namespace KataActors.Linux;

/// <summary>Flags of open(2), as in fcntl.h of x86-64.</summary>
[Flags]
public enum OpenFlags
{
    /// <summary>O_RDONLY.</summary>
    ReadOnly = 0,

    /// <summary>O_WRONLY.</summary>
    WriteOnly = 0x1,

    /// <summary>O_RDWR.</summary>
    ReadWrite = 0x2,

    /// <summary>O_CREAT.</summary>
    Create = 0x40,

    /// <summary>O_EXCL: with <see cref="Create"/>, EEXIST where the file exists.</summary>
    Exclusive = 0x80,

    /// <summary>O_NOCTTY: a terminal does not become the controlling one of this process.</summary>
    NoControllingTerminal = 0x100,

    /// <summary>O_TRUNC.</summary>
    Truncate = 0x200,

    /// <summary>O_APPEND.</summary>
    Append = 0x400,

    /// <summary>O_NONBLOCK: a FIFO is opened without a peer.</summary>
    NonBlocking = 0x800,

    /// <summary>O_DIRECTORY: ENOTDIR where the path is anything else.</summary>
    Directory = 0x10000,

    /// <summary>O_NOFOLLOW: ELOOP where the last part of the path is a symbolic link.</summary>
    NoFollow = 0x20000,

    /// <summary>O_CLOEXEC.</summary>
    CloseOnExec = 0x80000,

    /// <summary>O_PATH: names the file, without opening it for reading or writing.</summary>
    Path = 0x200000,
}
