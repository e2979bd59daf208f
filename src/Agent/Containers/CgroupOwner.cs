using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>
/// The owner of a container's cgroup: the user of its first process when the container may write its cgroups, so that it can make groups of its own
/// ("Cgroup ownership" of the OCI runtime specification, as runc does it). The files of the limits stay the agent's.
/// </summary>
internal static class CgroupOwner
{
    private const string MountPoint = "/sys/fs/cgroup";

    // Not all of the files that it names need be in a group.
    private const string DelegatedFiles = "/sys/kernel/cgroup/delegate";

    private static readonly string[] s_leastFiles = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"];

    /// <summary>Gives the group to the user of the spec's process, if the spec mounts the cgroups for writing.</summary>
    internal static void Give(string folder, Spec spec, IdMaps? ids)
    {
        var user = spec.Process.User?.UID ?? 0;
        var owner = ids?.User(user) ?? user;
        if (owner == 0 || !spec.Mounts.Any(IsWritable))
        {
            return;
        }

        using var group = Descriptors.Open(folder, OpenFlags.Directory);
        FileOwner.SetUser(group, owner);
        foreach (var file in Files())
        {
            FileOwner.TrySetUser(group, file, owner);
        }
    }

    private static bool IsWritable(Mount mount) =>
        mount.Type is "cgroup" or "cgroup2" && mount.Destination.TrimEnd('/') == MountPoint && !mount.Options.Contains("ro");

    private static string[] Files() => KernelFiles.Exists(DelegatedFiles)
        ? KernelFiles.Read(DelegatedFiles).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        : s_leastFiles;
}
