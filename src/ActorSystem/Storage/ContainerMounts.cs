using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Linux.Guest;
using static KataActors.Runtime.Storage.StorageProtocol;

namespace KataActors.Runtime.Storage;

/// <summary>Attaches and detaches the mounts of a container below the share of its VM. All methods block.</summary>
internal sealed class ContainerMounts(string shareDirectory, IShareMounts mounts)
{
    private const UnixFileMode AllPermissions = (UnixFileMode)0x1ff;

    /// <summary>Attaches the root filesystem and the bind sources. When the work is given up, nothing stays attached.</summary>
    /// <exception cref="ArgumentException">A descriptor is missing.</exception>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    /// <exception cref="IOException">A mount point cannot be made, or the mounts of abandoned work cannot be detached.</exception>
    /// <exception cref="OperationCanceledException">The work was given up.</exception>
    public void Attach(Attach attach, StorageWork work)
    {
        var tried = new List<SharePath>();
        try
        {
            AttachAll(attach, work, tried);
        }
        finally
        {
            if (!work.TryFinish())
            {
                DetachAll(attach.Id, attach.Vmm, Enumerable.Reverse(tried), step => work.Step = step);
            }
        }
    }

    /// <summary>Makes sure that nothing of the container is attached. Every place is tried; all failures are reported together.</summary>
    /// <exception cref="IOException">A mount is left.</exception>
    /// <exception cref="OperationCanceledException">The work was given up.</exception>
    public void Detach(Detach detach, StorageWork work)
    {
        var places = detach.Binds.Select(bind => BindPlace(detach.GuestId, bind)).Append(RootfsPlace(detach.GuestId));
        DetachAll(detach.Id, detach.Vmm, places, work.Begin);
    }

    private void AttachAll(Attach attach, StorageWork work, List<SharePath> tried)
    {
        var descriptors = attach.Descriptors;
        var rootfs = descriptors.Rootfs ?? throw new ArgumentException($"no root filesystem came with container \"{attach.Id}\"");
        if (attach.RootReadOnly)
        {
            work.Begin($"making the mount points of container \"{attach.Id}\"");
            MakeMountPoints(new RootedPath(rootfs), attach.MountPoints, descriptors);
        }

        work.Begin($"attaching the root filesystem of container \"{attach.Id}\"");
        tried.Add(RootfsPlace(attach.GuestId));
        mounts.Attach(attach.Vmm, shareDirectory, rootfs, RootfsPlace(attach.GuestId), attach.RootReadOnly);
        foreach (var bind in attach.Binds)
        {
            var source = descriptors.BindSources.GetValueOrDefault(bind.MountIndex)
                ?? throw new ArgumentException($"no source came for mounts[{bind.MountIndex}] of container \"{attach.Id}\"");
            work.Begin($"attaching mounts[{bind.MountIndex}] of container \"{attach.Id}\"");
            tried.Add(BindPlace(attach.GuestId, bind));
            mounts.Attach(attach.Vmm, shareDirectory, source, BindPlace(attach.GuestId, bind), bind.ReadOnly);
        }
    }

    private void DetachAll(string id, ProcessIdentity vmm, IEnumerable<SharePath> places, Action<string> begin)
    {
        var errors = new List<Exception>();
        foreach (var place in places)
        {
            begin($"detaching \"{place.Value}\" of container \"{id}\"");
            try
            {
                mounts.Detach(vmm, shareDirectory, place);
            }
            catch (Exception e) when (e is LinuxException or IOException)
            {
                errors.Add(e);
            }
        }

        if (errors.Count > 0)
        {
            throw new IOException($"cannot detach the mounts of container \"{id}\": {string.Join("; ", errors.Select(e => e.Message))}");
        }
    }

    // On a thread with its own umask: every user of the container must be able to pass the mount points, while the daemon's files are for root alone.
    // No deadline, because the thread uses the descriptors.
    private static void MakeMountPoints(RootedPath root, IEnumerable<MountPoint> places, DescriptorSet descriptors) => NamespaceThread.RunAsync(
        () =>
        {
            FileCreationMask.Set(AllPermissions);
            foreach (var place in places)
            {
                var source = place.MountIndex is { } index ? descriptors.BindSources.GetValueOrDefault(index) : null;
                var isFile = source is not null && (File.GetAttributes(source) & FileAttributes.Directory) == 0;
                (isFile ? root.OpenOrCreateFile(place.Path) : root.OpenOrCreateFolder(place.Path)).Dispose();
            }

            return true;
        },
        Timeout.InfiniteTimeSpan,
        NamespaceEntry.Unshare(NamespaceKinds.Mount)).GetAwaiter().GetResult();

    private static SharePath RootfsPlace(string guestId) => SharePath.Parse($"{guestId}/rootfs");

    private static SharePath BindPlace(string guestId, BindPlan bind) => SharePath.Parse($"{guestId}/mounts/{bind.MountIndex}");
}
