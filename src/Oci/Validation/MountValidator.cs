namespace KataActors.Oci;

/// <summary>The <c>mounts</c> section.</summary>
internal static class MountValidator
{
    private const int MaxMounts = 1024;

    // Each bind source travels as one descriptor, at most 200 a message, beside the rootfs and the network namespace.
    private const int MaxBindMounts = 190;

    public static void Validate(IReadOnlyList<MountSpec> mounts)
    {
        SpecValidator.CheckList("mounts", mounts, MaxMounts);
        SpecValidator.CheckBound("mounts (of type bind)", mounts.Count(mount => mount.IsBind), MaxBindMounts);
        for (var i = 0; i < mounts.Count; i++)
        {
            CheckMount($"mounts[{i}]", mounts[i]);
        }
    }

    private static void CheckMount(string field, MountSpec mount)
    {
        SpecValidator.CheckPresent($"{field}.destination", mount.Destination);
        if (Path.GetFullPath(mount.Place) == "/" && !mount.IsRemount)
        {
            throw SpecException.Unsupported($"{field}.destination", $"{Quoted.Text(mount.Destination)} is the root itself, on which nothing can be mounted here");
        }

        SpecValidator.CheckList($"{field}.options", mount.Options);
        if (mount.UidMappings.Count + mount.GidMappings.Count > 0 || mount.Options.Any(option => MountOption.Of(option).Limit == MountOptionLimit.NoMounts))
        {
            throw SpecException.Unsupported(field, $"{Quoted.Text(mount.Destination)} asks for id mappings, which are not supported");
        }

        if (mount.IsBind)
        {
            CheckBind(field, mount);
        }
        else if (!mount.IsRemount && (mount.Type is null || !KnownNames.GuestFilesystems.Contains(mount.Type)))
        {
            throw SpecException.Unsupported(
                $"{field}.type", $"{Quoted.Text(mount.Type)} of {Quoted.Text(mount.Destination)} is not a file system that a container can mount here");
        }
    }

    private static void CheckBind(string field, MountSpec mount)
    {
        if (mount.IsOverlay)
        {
            if (!mount.Options.Any(option => option.StartsWith("lowerdir=", StringComparison.Ordinal)))
            {
                throw SpecException.Invalid($"{field}.options", $"names no lower directory of the overlay on {Quoted.Text(mount.Destination)}");
            }
        }
        else if (string.IsNullOrEmpty(mount.Source))
        {
            throw SpecException.Invalid($"{field}.source", "is missing or empty");
        }

        if (mount.Options.Select(MountOption.Of).FirstOrDefault(option => option.Limit == MountOptionLimit.NoBinds) is { } refused)
        {
            throw SpecException.Unsupported($"{field}.options", refused.Kind == MountOptionKind.Propagation
                ? $"asks for {refused.Name} propagation of {Quoted.Text(mount.Destination)}: mounts do not propagate from the guest to the host"
                : $"asks for {refused.Name} of {Quoted.Text(mount.Destination)}: a mount that is read-only on the host stays read-only");
        }
    }
}
