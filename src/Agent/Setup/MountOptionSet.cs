using KataActors.Linux;

namespace KataActors.Agent.Setup;

/// <summary>
/// The options of one mount of a runtime spec, parsed: attributes of the mount, its propagation, and the options of the file system
/// itself.
/// </summary>
internal sealed record MountOptionSet
{
    internal const ulong ReadOnly = 0x1;

    private const ulong AccessTime = 0x70;

    /// <summary>Attributes to set (MOUNT_ATTR_*).</summary>
    internal ulong Set { get; private set; }

    /// <summary>Attributes to clear.</summary>
    internal ulong Clear { get; private set; }

    /// <summary>Attributes to set on the mount and all below it.</summary>
    internal ulong SetRecursive { get; private set; }

    /// <summary>Attributes to clear on the mount and all below it.</summary>
    internal ulong ClearRecursive { get; private set; }

    internal bool IsBind { get; private set; }

    /// <summary>Whether a bind mount takes the mounts below its source along.</summary>
    internal bool IsRecursive { get; private set; }

    internal MountOptions Propagation { get; private set; }

    internal bool PropagationIsRecursive { get; private set; }

    /// <summary>Options of the file system.</summary>
    internal List<string> Data { get; } = [];

    /// <summary>Options without a meaning here; ignored.</summary>
    internal List<string> PassedOver { get; } = [];

    internal bool HasData(string key) => Data.Any(option => option == key || option.StartsWith(key + '=', StringComparison.Ordinal));

    internal static MountOptionSet Parse(IEnumerable<string> options)
    {
        var set = new MountOptionSet();
        foreach (var option in options)
        {
            set.Take(option);
        }

        return set;
    }

    private void Take(string option)
    {
        switch (option)
        {
            case "" or "defaults":
                break;
            case "bind" or "rbind":
                IsBind = true;
                IsRecursive |= option == "rbind";
                break;
            case "private" or "rprivate" or "slave" or "rslave" or "shared" or "rshared" or "unbindable" or "runbindable":
                Propagation = ParsePropagation(option, out var recursive);
                PropagationIsRecursive = recursive;
                break;
            case "sync" or "dirsync" or "lazytime" or "mand":
                Data.Add(option);
                break;
            case "async" or "nolazytime" or "nomand" or "loud" or "silent" or "tmpcopyup" or "acl" or "noacl" or "iversion" or "noiversion":
                PassedOver.Add(option);
                break;
            case "remount" or "idmap" or "ridmap":
                throw Failures.Unsupported($"mount option \"{option}\" is not supported");
            default:
                TakeAttribute(option);
                break;
        }
    }

    private void TakeAttribute(string option)
    {
        // "rro" is "ro" for the mount and all below it; "relatime" is no recursive "elatime".
        if (Attribute(option) is { } attribute)
        {
            (Set, Clear) = Apply(Set, Clear, attribute);
        }
        else if (option.StartsWith('r') && Attribute(option[1..]) is { } recursive)
        {
            (SetRecursive, ClearRecursive) = Apply(SetRecursive, ClearRecursive, recursive);
        }
        else
        {
            Data.Add(option);
        }
    }

    private static (ulong Set, ulong Clear) Apply(ulong set, ulong clear, (ulong Set, ulong Clear) attribute) =>
        ((set & ~attribute.Clear) | attribute.Set, (clear & ~attribute.Set) | attribute.Clear);

    // The kind of access time is one field: setting one value clears the others.
    private static (ulong Set, ulong Clear)? Attribute(string option) => option switch
    {
        "ro" => (ReadOnly, 0),
        "rw" => (0, ReadOnly),
        "nosuid" => (0x2, 0),
        "suid" => (0, 0x2),
        "nodev" => (0x4, 0),
        "dev" => (0, 0x4),
        "noexec" => (0x8, 0),
        "exec" => (0, 0x8),
        "noatime" => (0x10, AccessTime),
        "strictatime" => (0x20, AccessTime),
        "relatime" or "atime" or "norelatime" or "nostrictatime" => (0, AccessTime),
        "nodiratime" => (0x80, 0),
        "diratime" => (0, 0x80),
        "nosymfollow" => (0x20_0000, 0),
        "symfollow" => (0, 0x20_0000),
        _ => null,
    };

    /// <summary>The propagation named as in mount options, such as <c>rslave</c>; <see cref="MountOptions.None"/> for anything else.</summary>
    internal static MountOptions ParsePropagation(string name, out bool recursive)
    {
        recursive = name.StartsWith('r');
        return (recursive ? name[1..] : name) switch
        {
            "private" => MountOptions.Private,
            "slave" => MountOptions.Slave,
            "shared" => MountOptions.Shared,
            "unbindable" => MountOptions.Unbindable,
            _ => MountOptions.None,
        };
    }
}
