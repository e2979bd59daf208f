using System.Collections.Immutable;
using KataActors.Linux;
using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Storage;

/// <summary>
/// Messages of a <see cref="StorageActor"/>. Each command gets its own reply or a <see cref="StorageFailed"/>, with the same id, within <see cref="StorageActor.Deadline"/>;
/// the failure of a command that was given up has the code DeadlineExceeded and names the hanging step.
/// </summary>
internal static class StorageProtocol
{
    /// <summary>Make the sandbox's run directory. Replies <see cref="Prepared"/>.</summary>
    /// <param name="Note">The note about the sandbox.</param>
    public sealed record Prepare(SandboxNote Note);

    /// <summary>The run directory exists.</summary>
    public sealed record Prepared;

    /// <summary>Turn the run directory of a running VM into the sandbox's, in place of the prepared one. Replies <see cref="TakenOver"/>.</summary>
    /// <param name="From">The VM's run directory.</param>
    /// <param name="Note">The new note about the sandbox.</param>
    public sealed record TakeOver(string From, SandboxNote Note);

    /// <summary>The VM's files are in the sandbox's run directory.</summary>
    public sealed record TakenOver;

    /// <summary>Attach the root filesystem and bind sources of a container below the share. Replies <see cref="Attached"/>.</summary>
    /// <param name="Id">The container.</param>
    /// <param name="GuestId">Its directory below the share.</param>
    /// <param name="Vmm">The process with the share in its mount namespace.</param>
    /// <param name="Descriptors">The detached mounts, owned by the actor from the command on. They are closed at the command's real end, which may be after its reply.</param>
    /// <param name="RootReadOnly">Whether the root filesystem is attached read-only.</param>
    /// <param name="MountPoints">Mount points to make first, because the guest cannot make them in a read-only root filesystem.</param>
    /// <param name="Binds">The bind sources.</param>
    public sealed record Attach(
        string Id, string GuestId, ProcessIdentity Vmm, DescriptorSet Descriptors, bool RootReadOnly, ImmutableArray<MountPoint> MountPoints, ImmutableArray<BindPlan> Binds);

    /// <summary>All mounts are attached.</summary>
    public sealed record Attached(string Id);

    /// <summary>Detach the mounts of <see cref="Attach"/>, if there are any. Replies <see cref="Detached"/>.</summary>
    public sealed record Detach(string Id, string GuestId, ProcessIdentity Vmm, ImmutableArray<BindPlan> Binds);

    /// <summary>Nothing of the container is attached.</summary>
    public sealed record Detached(string Id);

    /// <summary>Remove the run directory, if it is there. Replies <see cref="Released"/>.</summary>
    public sealed record Release;

    /// <summary>The run directory is gone.</summary>
    public sealed record Released;

    /// <summary>The command failed; the id is empty when it concerned the whole sandbox.</summary>
    public sealed record StorageFailed(string Id, Failure Failure);
}

/// <summary>A place in the root filesystem: its path, and the index of the mount that goes there (null for a directory).</summary>
internal readonly record struct MountPoint(string Path, int? MountIndex);

/// <summary>One bind source: its index in the spec's mounts, and whether the mount is read-only.</summary>
internal readonly record struct BindPlan(int MountIndex, bool ReadOnly);
