using KataActors.Cgroups;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using WireTiming = KataActors.Protocol.Control.StepTiming;

namespace KataActors.Runtime.Gateway;

/// <summary>Snapshots as the control protocol shows them.</summary>
internal static partial class Responses
{
    public static Container Container(ContainerSnapshot snapshot)
    {
        var container = Bare(snapshot);
        container.Annotations.Add(snapshot.Annotations);
        return container;
    }

    /// <summary>The same with the hooks that its callers run.</summary>
    public static Container WithHooks(ContainerSnapshot snapshot)
    {
        var container = Container(snapshot);
        container.Poststart.AddRange(GuestHooks.Of(snapshot.Hooks.Poststart));
        container.Poststop.AddRange(GuestHooks.Of(snapshot.Hooks.Poststop));
        return container;
    }

    /// <summary>Without its annotations, which may be large.</summary>
    public static Container Bare(ContainerSnapshot snapshot)
    {
        var container = new Container
        {
            Id = snapshot.Key.Id,
            Status = Status(snapshot.Status),
            Pid = snapshot.Status == ContainerStatus.Stopped ? 0 : snapshot.StandInPid,
            Bundle = snapshot.Bundle,
            Rootfs = snapshot.Rootfs,
            CreatedUnixNs = JournalTime.ToUnixNs(snapshot.CreatedAt),
            OwnerUid = snapshot.OwnerUid,
            SandboxId = snapshot.SandboxId,
            OciVersion = snapshot.OciVersion,
            Reason = snapshot.Reason,
            RequestId = snapshot.RequestId,
        };
        if (snapshot.ExitCode is { } code)
        {
            container.ExitCode = code;
        }

        return container;
    }

    /// <summary>The processes of a container.</summary>
    public static ProcessesResponse Processes(SandboxQueries.ContainerView view)
    {
        var inside = view.Guest as ListProcessesResponse;
        return new ProcessesResponse
        {
            Pids = { view.StandIns },
            Processes = { inside?.Processes ?? [] },
            LeftOut = inside?.LeftOut ?? 0,
            MemoryKib = inside?.MemoryKib ?? 0,
        };
    }

    /// <summary>The statistics of a container.</summary>
    public static StatsResponse Stats(SandboxQueries.ContainerView view) => new()
    {
        Status = Status(view.Status),
        Stats = (view.Guest as StatsContainerResponse)?.CgroupStats,
    };

    public static SandboxSummary Summary(SandboxSnapshot snapshot) => new()
    {
        Id = snapshot.Key.Id,
        Root = snapshot.Key.Root,
        Status = Status(snapshot.Status),
        VmmPid = snapshot.VmmPid,
        ContainerCount = (uint)snapshot.ContainerCount,
        CreatedUnixNs = JournalTime.ToUnixNs(snapshot.CreatedAt),
    };

    /// <summary>A sandbox with one page of its containers.</summary>
    public static InspectSandboxResponse Details(SandboxDetails details, IEnumerable<Container> containers, string nextPage) => new()
    {
        Sandbox = Summary(details.Snapshot),
        HostName = details.HostName,
        Uuid = details.Uuid.ToString(),
        VcpuTids = { details.VcpuTids },
        Cgroups = { details.Cgroups },
        VmSource = details.VmSource,
        Timings =
        {
            details.Timings.Select(timing => new WireTiming
            {
                Step = timing.Step,
                StartUs = (long)timing.Start.TotalMicroseconds,
                DurationUs = (long)timing.Duration.TotalMicroseconds,
            }),
        },
        Containers = { containers },
        NextPageToken = nextPage,
        Actors = { details.Actors },
        Reason = details.Reason,
        GuestKernel = details.GuestKernel,
        Accelerator = details.Accelerator,
        Vcpus = details.Vcpus,
        MemoryMib = details.MemoryMib,
        AgentRssKib = details.AgentRssKib,
        CfsQuotaUs = details.CfsQuotaUs,
        CfsPeriodUs = details.CfsPeriodUs,
        HostCgroups = details.Cgroup is { Paths.Length: > 0 } status ? Cgroups(status) : null,
        GuestMachineId = details.GuestMachineId,
    };

    private static HostCgroups Cgroups(CgroupProtocol.Status status)
    {
        var groups = new HostCgroups
        {
            OtherTids = { status.OtherTids },
            NrPeriods = status.Throttling.Periods,
            NrThrottled = status.Throttling.ThrottledPeriods,
            ThrottledUs = (long)status.Throttling.ThrottledTime.TotalMicroseconds,
            CpuWeight = status.CpuWeight,
            Cpus = status.Cpus,
            MemoryBytes = status.MemoryBytes,
        };
        if (status.MemoryLimitBytes is { } memory)
        {
            groups.MemoryLimitBytes = memory;
        }

        if (status.ThreadLimit is { } threads)
        {
            groups.ThreadLimit = threads;
        }

        return groups;
    }

    private static string Status(ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };

    private static string Status(SandboxStatus status) => status switch
    {
        SandboxStatus.Creating => "creating",
        SandboxStatus.Ready => "ready",
        SandboxStatus.Running => "running",
        SandboxStatus.Paused => "paused",
        _ => "stopped",
    };
}
