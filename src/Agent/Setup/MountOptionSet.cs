using KataActors.Linux;
using KataActors.Oci;

namespace KataActors.Agent.Setup;

/// <summary>
/// The options of one mount of a runtime spec, parsed: attributes of the mount, its propagation, and the options of the file system
/// itself.
/// </summary>
internal sealed record MountOptionSet
{
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

    /// <summary>Whether the mount that is there gets other attributes, in place of a new mount.</summary>
    internal bool IsRemount { get; private set; }

    /// <summary>Whether a tmpfs begins with what it would hide.</summary>
    internal bool CopiesUp { get; private set; }

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

    private void Take(string name)
    {
        var option = MountOption.Of(name);
        switch (option.Kind)
        {
            case MountOptionKind.Bind:
                IsBind = true;
                IsRecursive |= name == "rbind";
                break;
            case MountOptionKind.Propagation:
                Propagation = ParsePropagation(name, out var recursive);
                PropagationIsRecursive = recursive;
                break;
            case MountOptionKind.PassedOver:
                PassedOver.Add(name);
                break;
            case MountOptionKind.Impossible:
                throw Failures.Unsupported($"mount option \"{name}\" is not supported");
            case MountOptionKind.Attribute when option.IsRecursive:
                (SetRecursive, ClearRecursive) = Apply(SetRecursive, ClearRecursive, option);
                break;
            case MountOptionKind.Attribute:
                (Set, Clear) = Apply(Set, Clear, option);
                break;
            case MountOptionKind.FileSystem when name.Length > 0:
                Data.Add(name);
                break;
            case MountOptionKind.Undo:
                Undo(MountOption.Of(option.Undoes));
                break;
            case MountOptionKind.Remount:
                IsRemount = true;
                break;
            case MountOptionKind.CopyUp:
                CopiesUp = true;
                break;
        }
    }

    /// <summary>The attributes that a remount clears: those that it does not set. Without a word about access times it keeps their kind, as mount(2) does.</summary>
    internal ulong ClearByRemount => (MountOption.Flags & ~Set) | (Clear & MountOption.AccessTime);

    // A kind of access time is taken back only while it holds.
    private void Undo(MountOption earlier)
    {
        if (earlier.Kind == MountOptionKind.FileSystem)
        {
            Data.Remove(earlier.Name);
        }
        else if ((Clear & MountOption.AccessTime) != 0 && (Set & MountOption.AccessTime) == earlier.Set)
        {
            (Set, Clear) = (Set & ~MountOption.AccessTime, Clear & ~MountOption.AccessTime);
        }
    }

    private static (ulong Set, ulong Clear) Apply(ulong set, ulong clear, MountOption option) =>
        ((set & ~option.Clear) | option.Set, (clear & ~option.Set) | option.Clear);

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
