using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Oci;

namespace KataActors.Model;

/// <summary>
/// A record as the events that produce it from nothing. Appended to earlier events of the same sandbox they give the same record, because the first
/// one begins it anew. Repeating them changes nothing.
/// </summary>
public static class Restatement
{
    /// <summary>The events of an existing record that is not deleted.</summary>
    public static ImmutableArray<IMessage> Of(SandboxRecord record)
    {
        var events = ImmutableArray.CreateBuilder<IMessage>();
        events.Add(Sandbox(record));
        if (record.PoolUuid is { } pool)
        {
            events.Add(new VmAssigned { Uuid = pool.ToString() });
        }

        if (record.VmSource.Length > 0)
        {
            events.Add(new VmLaunched
            {
                Vmm = Process(record.Vmm ?? default),
                Source = record.VmSource,
                Accelerator = record.Accelerator,
                Uuid = record.VmUuid == record.Uuid ? "" : record.VmUuid.ToString(),
            });
        }

        if (record.NetworkNamespace is { } network)
        {
            events.Add(new NetworkBegun { Namespace = network, Interfaces = { record.NetworkInterfaces }, HoldsStart = record.NetworkHoldsStart });
        }

        foreach (var container in record.Containers.Values.OrderBy(container => container.CreatedAt))
        {
            Add(events, container);
        }

        if (record.VmEnded)
        {
            events.Add(new VmStopped { Reason = record.Reason });
        }

        if (record.Deleting)
        {
            events.Add(new SandboxDeleteBegun { Reason = record.Reason });
        }

        return events.ToImmutable();
    }

    /// <summary>
    /// The same, appended to a journal. Journaled containers that the record lacks, because it comes from an outdated copy, are kept; a creation
    /// among them is then undone as an interrupted one. A journaled removal of the sandbox stays in force.
    /// </summary>
    /// <param name="record">The record to state.</param>
    /// <param name="journaled">The record in the journal; empty for none.</param>
    /// <param name="removed">Containers of the record that have been removed.</param>
    public static ImmutableArray<IMessage> Of(SandboxRecord record, SandboxRecord journaled, IReadOnlySet<string> removed)
    {
        var events = Of(record).ToBuilder();
        foreach (var (id, container) in journaled.Containers)
        {
            if (!record.Containers.ContainsKey(id) && !removed.Contains(id))
            {
                Add(events, container);
            }
        }

        if (journaled.Deleting && !record.Deleting)
        {
            events.Add(new SandboxDeleteBegun { Reason = journaled.Reason });
        }

        return events.ToImmutable();
    }

    private static SandboxCreateBegun Sandbox(SandboxRecord record) => new()
    {
        Root = record.Key.Root,
        Id = record.Key.Id,
        HostName = record.HostName,
        Uuid = record.Uuid.ToString(),
        BootId = record.BootId,
        Vcpus = record.Vcpus,
        MemoryMib = record.MemoryMib,
        CreatedUnixNs = JournalTime.ToUnixNs(record.CreatedAt),
        Cgroups = new CgroupRecord
        {
            Parent = record.Cgroups.Parent,
            Overhead = record.Cgroups.Overhead,
            SandboxOnly = record.Cgroups.SandboxOnly,
            Name = record.Cgroups.Name ?? "",
            Owner = record.Cgroups.Owner == Guid.Empty ? "" : record.Cgroups.Owner.ToString(),
        },
    };

    private static void Add(ImmutableArray<IMessage>.Builder events, ContainerRecord container)
    {
        var id = container.Key.Id;
        events.Add(new ContainerCreateBegun
        {
            Id = id,
            Spec = container.SpecBytes,
            Bundle = container.Bundle,
            StandIn = Process(container.StandIn),
            OwnerUid = container.OwnerUid,
            CreatedUnixNs = JournalTime.ToUnixNs(container.CreatedAt),
            RequestId = container.RequestId,
        });
        if (container.Status != ContainerStatus.Creating)
        {
            events.Add(new ContainerCreated { Id = id, Steps = { container.Timings.Select(JournalTime.ToRecord) } });
        }

        AddLimits(events, container);
        if ((container.PausedIn ?? container.Status) == ContainerStatus.Running)
        {
            events.Add(new ContainerStarted { Id = id });
        }

        if (container.StartIntent)
        {
            events.Add(new ContainerStartBegun { Id = id });
        }

        if (container.Status == ContainerStatus.Paused)
        {
            events.Add(new ContainerPaused { Id = id });
        }

        if (container.PauseIntent is { } pauses)
        {
            events.Add(pauses ? new ContainerPauseBegun { Id = id } : new ContainerResumeBegun { Id = id });
        }

        foreach (var exec in container.Execs.Values.OrderBy(exec => exec.Id, StringComparer.Ordinal))
        {
            Add(events, id, exec);
        }

        if (container.Exit is { } exit)
        {
            events.Add(new ContainerExited { Id = id, ExitCode = exit.Code, Reason = exit.Reason });
        }

        if (container.Deleting)
        {
            events.Add(new ContainerDeleteBegun { Id = id });
        }
    }

    private static void Add(ImmutableArray<IMessage>.Builder events, string container, ExecRecord exec)
    {
        events.Add(new ExecBegun { Container = container, Id = exec.Id, StandIn = Process(exec.StandIn), Process = exec.Process });
        if (exec.IsStarted)
        {
            events.Add(new ExecStarted { Container = container, Id = exec.Id });
        }

        if (exec.Exit is { } exit)
        {
            events.Add(new ExecExited { Container = container, Id = exec.Id, ExitCode = exit.Code, Reason = exit.Reason });
        }
    }

    private static void AddLimits(ImmutableArray<IMessage>.Builder events, ContainerRecord container)
    {
        var resources = container.Spec.Linux?.Resources;
        if (container.HasOtherLimits && (container.Update is { } pending ? pending.Before : resources) is { } settled)
        {
            events.Add(Limits(container, settled));
            events.Add(new ContainerUpdated { Id = container.Key.Id });
        }

        if (container.Update is not null && resources is not null)
        {
            events.Add(Limits(container, resources));
        }
    }

    private static ContainerUpdateBegun Limits(ContainerRecord container, ResourcesSpec resources) =>
        new() { Id = container.Key.Id, Resources = ByteString.CopyFrom(ResourcesUpdate.Write(resources)) };

    private static ProcessRecord Process(ProcessIdentity process) => new() { Pid = process.Pid, StartTime = process.StartTime };
}
