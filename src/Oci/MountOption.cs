namespace KataActors.Oci;

/// <summary>What a mount option is about.</summary>
public enum MountOptionKind
{
    /// <summary>An option of the file system itself; also any name that is unknown here.</summary>
    FileSystem,

    /// <summary>Asks for what holds anyway.</summary>
    Neutral,

    /// <summary>Shows another place.</summary>
    Bind,

    /// <summary>The travel of later mounts (mount_namespaces(7)).</summary>
    Propagation,

    /// <summary>An attribute of the mount, or of it and all mounts below it.</summary>
    Attribute,

    /// <summary>Takes an earlier option back.</summary>
    Undo,

    /// <summary>Gives the mount that is there other attributes, in place of a new mount.</summary>
    Remount,

    /// <summary>Begins a tmpfs with what it would hide.</summary>
    CopyUp,

    /// <summary>Without a meaning in the guest.</summary>
    PassedOver,

    /// <summary>Asks for something that the guest cannot do.</summary>
    Impossible,
}

/// <summary>Where a mount option is refused.</summary>
public enum MountOptionLimit
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>For bind mounts: what the container mounts there cannot appear on the host, and a mount that is read-only on the host stays so.</summary>
    NoBinds,

    /// <summary>For every mount.</summary>
    NoMounts,
}

/// <summary>
/// A mount option of the runtime specification. There is one table of them for their validation, their effect in the guest, and the list in <c>features</c>.
/// </summary>
/// <param name="Name">As in the spec.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Set">Attributes that it sets (MOUNT_ATTR_* of mount_setattr(2)).</param>
/// <param name="Clear">Attributes that it clears.</param>
/// <param name="IsRecursive">Whether the attributes are those of all mounts below, too.</param>
/// <param name="Limit">Where it is refused.</param>
/// <param name="Undoes">The option that it takes back.</param>
public sealed record MountOption(
    string Name,
    MountOptionKind Kind,
    ulong Set = 0,
    ulong Clear = 0,
    bool IsRecursive = false,
    MountOptionLimit Limit = MountOptionLimit.None,
    string Undoes = "")
{
    /// <summary>MOUNT_ATTR_RDONLY.</summary>
    public const ulong ReadOnly = 0x1;

    /// <summary>MOUNT_ATTR__ATIME: the kind of access time is one field, so setting one value clears the others.</summary>
    public const ulong AccessTime = 0x70;

    /// <summary>All attributes but the kind of access time.</summary>
    public const ulong Flags = ReadOnly | 0x2 | 0x4 | 0x8 | 0x80 | 0x20_0000;

    private static readonly MountOption[] s_known =
    [
        .. Attributes(recursive: false),
        .. Attributes(recursive: true),
        new("bind", MountOptionKind.Bind),
        new("rbind", MountOptionKind.Bind),
        new("private", MountOptionKind.Propagation),
        new("rprivate", MountOptionKind.Propagation),
        new("unbindable", MountOptionKind.Propagation),
        new("runbindable", MountOptionKind.Propagation),
        new("slave", MountOptionKind.Propagation),
        new("rslave", MountOptionKind.Propagation),
        new("shared", MountOptionKind.Propagation, Limit: MountOptionLimit.NoBinds),
        new("rshared", MountOptionKind.Propagation, Limit: MountOptionLimit.NoBinds),
        new("sync", MountOptionKind.FileSystem),
        new("dirsync", MountOptionKind.FileSystem),
        new("lazytime", MountOptionKind.FileSystem),
        new("mand", MountOptionKind.FileSystem),
        new("defaults", MountOptionKind.Neutral),
        new("async", MountOptionKind.Undo, Undoes: "sync"),
        new("nolazytime", MountOptionKind.Undo, Undoes: "lazytime"),
        new("nomand", MountOptionKind.Undo, Undoes: "mand"),
        new("atime", MountOptionKind.Undo, Undoes: "noatime"),
        new("norelatime", MountOptionKind.Undo, Undoes: "relatime"),
        new("nostrictatime", MountOptionKind.Undo, Undoes: "strictatime"),
        // For a whole tree, as in runc: back to the default.
        new("ratime", MountOptionKind.Attribute, 0, AccessTime, IsRecursive: true),
        new("rnorelatime", MountOptionKind.Attribute, 0, AccessTime, IsRecursive: true),
        new("rnostrictatime", MountOptionKind.Attribute, 0, AccessTime, IsRecursive: true),
        new("loud", MountOptionKind.PassedOver),
        new("silent", MountOptionKind.PassedOver),
        new("acl", MountOptionKind.PassedOver),
        new("noacl", MountOptionKind.PassedOver),
        new("iversion", MountOptionKind.PassedOver),
        new("noiversion", MountOptionKind.PassedOver),
        new("tmpcopyup", MountOptionKind.CopyUp),
        new("remount", MountOptionKind.Remount),
        new("idmap", MountOptionKind.Impossible, Limit: MountOptionLimit.NoMounts),
        new("ridmap", MountOptionKind.Impossible, Limit: MountOptionLimit.NoMounts),
    ];

    /// <summary>All names that the specification knows.</summary>
    public static IReadOnlyList<MountOption> Known => s_known;

    /// <summary>The option of a name; a name that is unknown here is an option of the file system.</summary>
    public static MountOption Of(string name) => Array.Find(s_known, option => option.Name == name) ?? new MountOption(name, MountOptionKind.FileSystem);

    // "rro" is "ro" for the mount and all below it.
    private static IEnumerable<MountOption> Attributes(bool recursive)
    {
        return
        [
            Attribute("ro", ReadOnly, 0),
            Attribute("rw", 0, ReadOnly) with { Limit = recursive ? MountOptionLimit.NoBinds : MountOptionLimit.None },
            Attribute("nosuid", 0x2, 0),
            Attribute("suid", 0, 0x2),
            Attribute("nodev", 0x4, 0),
            Attribute("dev", 0, 0x4),
            Attribute("noexec", 0x8, 0),
            Attribute("exec", 0, 0x8),
            Attribute("noatime", 0x10, AccessTime),
            Attribute("strictatime", 0x20, AccessTime),
            Attribute("relatime", 0, AccessTime),
            Attribute("nodiratime", 0x80, 0),
            Attribute("diratime", 0, 0x80),
            Attribute("nosymfollow", 0x20_0000, 0),
            Attribute("symfollow", 0, 0x20_0000),
        ];

        MountOption Attribute(string name, ulong set, ulong clear) => new(recursive ? $"r{name}" : name, MountOptionKind.Attribute, set, clear, recursive);
    }
}
