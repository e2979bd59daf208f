using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Oci;

namespace KataActors.Model;

/// <summary>
/// The journaled state of one sandbox: a pure value, advanced by events. It records what was meant; <c>/proc</c> and the monitor tell what is.
/// </summary>
public sealed record SandboxRecord
{
    /// <summary>Before the first event.</summary>
    public static readonly SandboxRecord Empty = new();

    public ContainerKey Key { get; private init; }

    public string HostName { get; private init; } = "";

    public Guid Uuid { get; private init; }

    /// <summary>The boot id of the host when the sandbox was created; all its processes belong to that boot.</summary>
    public string BootId { get; private init; } = "";

    public uint Vcpus { get; private init; }

    public uint MemoryMib { get; private init; }

    public DateTimeOffset CreatedAt { get; private init; }

    /// <summary>The placement of its host cgroups.</summary>
    public CgroupPlacement Cgroups { get; private init; } = CgroupPlacement.Default;

    /// <summary>QEMU, from its launch until its end is recorded.</summary>
    public ProcessIdentity? Vmm { get; private init; }

    /// <summary>The source of the VM: cold, template or pool.</summary>
    public string VmSource { get; private init; } = "";

    public string Accelerator { get; private init; } = "";

    /// <summary>QEMU's uuid: the sandbox's own, or that of a pool VM.</summary>
    public Guid VmUuid { get; private init; }

    /// <summary>The uuid of a pool VM whose cgroup in the pool may still exist; null for none.</summary>
    public Guid? PoolUuid { get; private init; }

    /// <summary>The inode of the network namespace whose interfaces may be connected with the VM; null for none.</summary>
    public ulong? NetworkNamespace { get; private init; }

    /// <summary>The numbers of its interfaces.</summary>
    public ImmutableArray<int> NetworkInterfaces { get; private init; } = [];

    /// <summary>Whether interfaces that came after the creation are not completely connected.</summary>
    public bool NetworkHoldsStart { get; private init; }

    /// <summary>Why the VM ended; empty while it runs and after an ordinary delete.</summary>
    public string Reason { get; private init; } = "";

    /// <summary>True when QEMU is recorded as ended.</summary>
    public bool VmEnded { get; private init; }

    /// <summary>True from the intent to remove the sandbox on.</summary>
    public bool Deleting { get; private init; }

    /// <summary>True when the removal is complete.</summary>
    public bool Deleted { get; private init; }

    /// <summary>The containers by id.</summary>
    public ImmutableDictionary<string, ContainerRecord> Containers { get; private init; } = ImmutableDictionary<string, ContainerRecord>.Empty;

    /// <summary>True after the first intent.</summary>
    public bool Exists => Uuid != Guid.Empty;

    /// <summary>True while the first container's creation is not finished: after a crash such a sandbox is removed.</summary>
    public bool IsBeingCreated => Exists && !Containers.Values.Any(container => container.Status != ContainerStatus.Creating);

    /// <summary>The state for <c>sandbox list</c>.</summary>
    public SandboxStatus Status => this switch
    {
        { VmEnded: true } => SandboxStatus.Stopped,
        { IsBeingCreated: true } => SandboxStatus.Creating,
        _ when Containers.Values.Any(container => container.Status == ContainerStatus.Running) => SandboxStatus.Running,
        _ when Containers.Values.Any(container => container.Status == ContainerStatus.Paused) => SandboxStatus.Paused,
        _ => SandboxStatus.Ready,
    };

    /// <summary>The snapshot for <c>sandbox list</c>.</summary>
    public SandboxSnapshot ToSnapshot() => new(Key, Status, Vmm?.Pid ?? 0, Containers.Count, CreatedAt);

    /// <summary>
    /// The record after an event. The first intent begins the record anew, so that a <see cref="Restatement"/> can follow older events.
    /// </summary>
    public SandboxRecord Apply(IMessage e) => e switch
    {
        SandboxCreateBegun begun => Empty with
        {
            Key = new ContainerKey(begun.Root, begun.Id),
            HostName = begun.HostName,
            Uuid = Guid.Parse(begun.Uuid),
            VmUuid = Guid.Parse(begun.Uuid),
            BootId = begun.BootId,
            Vcpus = begun.Vcpus,
            MemoryMib = begun.MemoryMib,
            CreatedAt = JournalTime.FromUnixNs(begun.CreatedUnixNs),
            Cgroups = Placement(begun.Cgroups),
        },
        ContainerCreateBegun begun => With(new ContainerRecord(
            new ContainerKey(Key.Root, begun.Id),
            ParseSpec(begun),
            begun.Bundle,
            new ProcessIdentity(begun.StandIn.Pid, begun.StandIn.StartTime, BootId),
            begun.OwnerUid,
            JournalTime.FromUnixNs(begun.CreatedUnixNs)) { RequestId = begun.RequestId, SpecBytes = begun.Spec }),
        VmLaunched launched => this with
        {
            Vmm = new ProcessIdentity(launched.Vmm.Pid, launched.Vmm.StartTime, BootId),
            VmSource = launched.Source,
            Accelerator = launched.Accelerator,
            VmUuid = launched.Uuid.Length > 0 ? Guid.Parse(launched.Uuid) : Uuid,
        },
        VmAssigned assigned => this with { VmUuid = Guid.Parse(assigned.Uuid), PoolUuid = Guid.Parse(assigned.Uuid) },
        NetworkBegun begun => this with { NetworkNamespace = begun.Namespace, NetworkInterfaces = [.. begun.Interfaces], NetworkHoldsStart = begun.HoldsStart },
        ContainerCreated created => Change(created.Id, container => container with
        {
            Status = ContainerStatus.Created,
            Timings = [.. created.Steps.Select(JournalTime.ToTiming)],
        }),
        ContainerCreateFailed failed => this with { Containers = Containers.Remove(failed.Id) },
        ContainerStartBegun begun => Change(begun.Id, container => container with { StartIntent = true }),
        ContainerStarted started => Change(started.Id, container => container with { Status = ContainerStatus.Running, StartIntent = false }),
        ContainerStartFailed failed => Change(failed.Id, container => container with { StartIntent = false }),
        ContainerExited exited => Change(exited.Id, container => container with
        {
            Status = ContainerStatus.Stopped,
            Exit = new ContainerExit(exited.ExitCode, exited.Reason),
            StartIntent = false,
            PausedIn = null,
            PauseIntent = null,
        }),
        ContainerPauseBegun begun => Change(begun.Id, container => container with { PauseIntent = true }),
        ContainerPaused paused => Change(paused.Id, container => container with
        {
            Status = ContainerStatus.Paused,
            PausedIn = container.PausedIn ?? container.Status,
            PauseIntent = null,
        }),
        ContainerResumeBegun begun => Change(begun.Id, container => container with { PauseIntent = false }),
        ContainerResumed resumed => Change(resumed.Id, container => container with
        {
            Status = container.PausedIn ?? container.Status,
            PausedIn = null,
            PauseIntent = null,
        }),
        ContainerUpdateBegun begun => Change(begun.Id, container => container.WithResources(ParseResources(begun)) with
        {
            Update = new PendingUpdate(container.Spec.Linux?.Resources),
        }),
        ContainerUpdated updated => Change(updated.Id, container => container with { Update = null }),
        ContainerUpdateFailed failed => Change(failed.Id, container =>
            container.Update is { } update ? container.WithResources(update.Before) with { Update = null } : container),
        ContainerDeleteBegun begun => Change(begun.Id, container => container with { Deleting = true }),
        ContainerDeleted deleted => this with { Containers = Containers.Remove(deleted.Id) },
        ExecBegun begun => Change(begun.Container, container => container with
        {
            Execs = container.Execs.SetItem(begun.Id, new ExecRecord(begun.Id, new ProcessIdentity(begun.StandIn.Pid, begun.StandIn.StartTime, BootId), begun.Process)),
        }),
        ExecStarted started => Change(started.Container, started.Id, exec => exec with { IsStarted = true }),
        ExecExited exited => Change(exited.Container, exited.Id, exec => exec with { Exit = new ContainerExit(exited.ExitCode, exited.Reason) }),
        ExecRemoved removed => Change(removed.Container, container => container with { Execs = container.Execs.Remove(removed.Id) }),
        SandboxDeleteBegun begun => this with { Deleting = true, Reason = begun.Reason.Length > 0 ? begun.Reason : Reason },
        VmStopped stopped => this with { Vmm = null, VmEnded = true, Reason = stopped.Reason.Length > 0 ? stopped.Reason : Reason },
        SandboxDeleted => this with { Deleted = true, Containers = Containers.Clear() },
        _ => throw new ArgumentException($"no such event of a sandbox: {e.Descriptor.Name}", nameof(e)),
    };

    private static CgroupPlacement Placement(CgroupRecord? groups) => groups is null
        ? CgroupPlacement.Default
        : new CgroupPlacement(groups.Parent, groups.Overhead, groups.SandboxOnly)
        {
            Name = groups.Name.Length > 0 ? groups.Name : null,
            Owner = Guid.TryParse(groups.Owner, out var owner) ? owner : Guid.Empty,
        };

    private static RuntimeSpec ParseSpec(ContainerCreateBegun begun) =>
        SpecParser.TryReread(begun.Spec.Memory, out var spec, out var error)
            ? spec
            : throw new InvalidOperationException($"the journal's specification of container \"{begun.Id}\" does not parse: {error}");

    private static ResourcesSpec ParseResources(ContainerUpdateBegun begun) =>
        ResourcesUpdate.TryParse(begun.Resources.Memory, out var resources, out var error)
            ? resources
            : throw new InvalidOperationException($"the journal's limits of container \"{begun.Id}\" do not parse: {error}");

    private SandboxRecord With(ContainerRecord container) => this with { Containers = Containers.SetItem(container.Key.Id, container) };

    private SandboxRecord Change(string id, Func<ContainerRecord, ContainerRecord> change) =>
        Containers.TryGetValue(id, out var container) ? With(change(container)) : this;

    private SandboxRecord Change(string id, string exec, Func<ExecRecord, ExecRecord> change) => Change(id, container =>
        container.Execs.TryGetValue(exec, out var process) ? container with { Execs = container.Execs.SetItem(exec, change(process)) } : container);
}
