using System.Collections.Immutable;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>A mounted cgroup hierarchy.</summary>
/// <param name="MountPoint">The mount point.</param>
/// <param name="Root">The group that the mount point shows; <c>/</c> for the whole hierarchy.</param>
/// <param name="Controllers">Its controllers; for version 2 those of its root.</param>
/// <param name="IsUnified">True for version 2.</param>
public sealed record CgroupMount(string MountPoint, string Root, ImmutableSortedSet<string> Controllers, bool IsUnified)
{
    // Options of a v1 hierarchy that are not controllers.
    private static readonly ImmutableHashSet<string> s_noControllers =
        ["rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "release_agent", "nsdelegate", "favordynmods"];

    /// <summary>
    /// The hierarchies in which sandboxes get groups: every v1 hierarchy that has a controller, or the v2 hierarchy. The version is the one that
    /// holds the controller <c>cpu</c>, so that on a hybrid host the v2 mount without controllers does not count. Empty when neither has it.
    /// </summary>
    /// <param name="mounts">All mounts.</param>
    /// <param name="read">Reads a file below a v2 mount point.</param>
    public static ImmutableArray<CgroupMount> Choose(IReadOnlyList<MountInfo> mounts, Func<string, string> read)
    {
        var old = mounts
            .Where(mount => mount.Type == "cgroup")
            .Select(mount => new CgroupMount(mount.MountPoint, mount.Root, ControllersOf(mount), IsUnified: false))
            .Where(mount => mount.Controllers.Count > 0)
            // A hierarchy that is mounted twice counts once; the mount that shows all of it is preferred.
            .GroupBy(mount => string.Join(',', mount.Controllers))
            .Select(same => same.LastOrDefault(mount => mount.Root == "/") ?? same.Last())
            .ToImmutableArray();
        if (old.Any(mount => mount.Controllers.Contains("cpu")))
        {
            return old;
        }

        return [.. mounts
            .Where(mount => mount.Type == "cgroup2")
            .Select(mount => new CgroupMount(mount.MountPoint, mount.Root, Words(read(Path.Combine(mount.MountPoint, "cgroup.controllers"))), IsUnified: true))
            .Where(mount => mount.Controllers.Contains("cpu"))
            .TakeLast(1)];
    }

    private static ImmutableSortedSet<string> ControllersOf(MountInfo mount) =>
        [.. mount.SuperOptions.Where(option => !s_noControllers.Contains(option) && !option.Contains('='))];

    private static ImmutableSortedSet<string> Words(string text) => [.. text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)];
}
