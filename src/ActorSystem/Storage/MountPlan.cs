using System.Collections.Immutable;
using KataActors.Oci;

namespace KataActors.Runtime.Storage;

/// <summary>
/// Decides how each mount of a specification reaches the guest: bind sources come through the share, except those that only make
/// sense as a file system of the guest (<c>/dev/shm</c>, and Kubernetes' emptyDir volumes, which the sandbox's containers share).
/// </summary>
internal static class MountPlan
{
    private const string Devices = "/dev";
    private const string EmptyDirParent = "kubernetes.io~empty-dir";

    /// <summary>The bind sources that must come as descriptors.</summary>
    public static ImmutableArray<BindPlan> Binds(RuntimeSpec spec) =>
        [.. spec.Mounts.Select((mount, index) => (mount, index))
            .Where(entry => IsShared(entry.mount))
            .Select(entry => new BindPlan(entry.index, entry.mount.IsReadOnly))];

    /// <summary>
    /// The places that the guest would make in the root filesystem when they are missing: the working directory, and the mounts' destinations
    /// except those below an earlier mount. Without a mount on <c>/dev</c>, the guest mounts a tmpfs there first.
    /// </summary>
    public static ImmutableArray<MountPoint> MountPoints(RuntimeSpec spec)
    {
        var mounts = spec.Mounts.Select((mount, index) => new MountPoint(mount.Place, index)).ToArray();
        MountPoint[] implied = mounts.Any(mount => mount.Path.TrimEnd('/') == Devices) ? [] : [new MountPoint(Devices, null)];
        MountPoint[] places = [.. implied, .. mounts, new MountPoint(spec.Process!.Cwd!, null)];
        return [.. places.Where((place, i) => !places.Take(i).Any(earlier => IsBelow(place.Path, earlier.Path)))];
    }

    private static bool IsBelow(string path, string top) => path.StartsWith(top.TrimEnd('/') + "/", StringComparison.Ordinal);

    /// <summary>True for a bind mount whose source is the caller's file or directory, seen through the share.</summary>
    public static bool IsShared(MountSpec mount) => mount.IsBind && !mount.IsSharedMemory && !IsEphemeral(mount);

    /// <summary>True for an emptyDir volume: a tmpfs of the guest, made once in a sandbox.</summary>
    public static bool IsEphemeral(MountSpec mount) =>
        mount.IsBind && Path.GetFileName(Path.GetDirectoryName(mount.Source)) == EmptyDirParent;
}
