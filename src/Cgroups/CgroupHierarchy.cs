using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>Where the cgroup v1 hierarchies of this machine are.</summary>
public static class CgroupHierarchy
{
    /// <summary>The mount point of the v1 hierarchy of a controller (mounted alone or together with others), or null when it is not mounted.</summary>
    public static string? Find(string controller, IEnumerable<MountInfo> mounts) =>
        mounts.LastOrDefault(mount => mount.Type == "cgroup" && mount.SuperOptions.Contains(controller))?.MountPoint;
}
