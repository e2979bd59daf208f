using Akka.Actor;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Storage.StorageProtocol;

namespace KataActors.Runtime.Storage;

/// <summary>
/// The sandbox's run directory and what is attached below its share, in the VMM's own mount namespace. Stateless: everything it does is
/// named by the command, and every removal is "ensure absent".
/// </summary>
internal sealed class StorageActor : ReceiveActor
{
    private const UnixFileMode AllPermissions = (UnixFileMode)0x1ff;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly string _runDirectory;
    private readonly string _shareDirectory;

    public StorageActor(string runDirectory)
    {
        _runDirectory = runDirectory;
        _shareDirectory = Path.Combine(runDirectory, "share");
        Receive<Prepare>(prepare => Off("", () => MakeRunDirectory(prepare.Note), new Prepared()));
        Receive<TakeOver>(take => Off("", () => MoveIn(take), new TakenOver()));
        Receive<Attach>(attach => Off(attach.Id, () => AttachAll(attach), new Attached(attach.Id)));
        Receive<Detach>(detach => Off(detach.Id, () => DetachAll(detach), new Detached(detach.Id)));
        Receive<Release>(_ => Off("", RemoveRunDirectory, new Released()));
    }

    /// <param name="runDirectory">The sandbox's run directory.</param>
    public static Props Props(string runDirectory) => Akka.Actor.Props.Create(() => new StorageActor(runDirectory));

    private void Off(string id, Action work, object done) =>
        Task.Run(work).WaitAsync(Deadline).PipeTo(
            Sender,
            Self,
            success: () => done,
            failure: e => new StorageFailed(id, ToFailure(e)));

    private static Failure ToFailure(Exception exception) => exception switch
    {
        TimeoutException => new(FailureCode.DeadlineExceeded, $"attaching mounts did not end within {Deadline.TotalSeconds:0} s"),
        LinuxException or IOException or UnauthorizedAccessException => new(FailureCode.Internal, exception.Message),
        ArgumentException => new(FailureCode.InvalidArgument, exception.Message),
        _ => new(FailureCode.Internal, exception.ToString()),
    };

    private void MakeRunDirectory(SandboxNote note)
    {
        OwnFolder.OpenOrCreate(_runDirectory).Dispose();
        note.Write(_runDirectory);
    }

    // The note comes with the VM's files, at once.
    private void MoveIn(TakeOver take)
    {
        take.Note.Write(take.From);
        RemoveRunDirectory();
        Directory.Move(take.From, _runDirectory);
    }

    private void AttachAll(Attach attach)
    {
        using var descriptors = attach.Descriptors;
        var rootfs = descriptors.Rootfs ?? throw new ArgumentException($"no root filesystem came with container \"{attach.Id}\"");
        if (attach.RootReadOnly)
        {
            MakeMountPoints(new RootedPath(rootfs), attach.MountPoints, descriptors);
        }

        VmmMounts.Attach(attach.Vmm, _shareDirectory, rootfs, RootfsPlace(attach.GuestId), attach.RootReadOnly);
        foreach (var bind in attach.Binds)
        {
            var source = descriptors.BindSources.GetValueOrDefault(bind.MountIndex)
                ?? throw new ArgumentException($"no source came for mounts[{bind.MountIndex}] of container \"{attach.Id}\"");
            VmmMounts.Attach(attach.Vmm, _shareDirectory, source, BindPlace(attach.GuestId, bind), bind.ReadOnly);
        }
    }

    // On a thread with an umask of its own: any user of the container must be able to pass them, and the daemon's files are for root alone.
    private static void MakeMountPoints(RootedPath root, IEnumerable<MountPoint> places, DescriptorSet descriptors) => NamespaceThread.Run(
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
        NamespaceEntry.Unshare(NamespaceKinds.Mount));

    // Every place is tried; what fails is reported together.
    private void DetachAll(Detach detach)
    {
        var errors = new List<Exception>();
        foreach (var place in detach.Binds.Select(bind => BindPlace(detach.GuestId, bind)).Append(RootfsPlace(detach.GuestId)))
        {
            try
            {
                VmmMounts.Detach(detach.Vmm, _shareDirectory, place);
            }
            catch (Exception e) when (e is LinuxException or IOException or TimeoutException)
            {
                errors.Add(e);
            }
        }

        if (errors.Count > 0)
        {
            throw new IOException($"cannot detach the mounts of container \"{detach.Id}\": {string.Join("; ", errors.Select(e => e.Message))}");
        }
    }

    private static SharePath RootfsPlace(string guestId) => SharePath.Parse($"{guestId}/rootfs");

    private static SharePath BindPlace(string guestId, BindPlan bind) => SharePath.Parse($"{guestId}/mounts/{bind.MountIndex}");

    // The share is a mount point in the VMM's namespace only; here it is an empty directory.
    private void RemoveRunDirectory() => FolderTree.Remove(_runDirectory);
}
