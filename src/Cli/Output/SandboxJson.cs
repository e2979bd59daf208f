using KataActors.Oci;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Output;

/// <summary>The sandboxes for programs.</summary>
internal static class SandboxJson
{
    public static byte[] List(IEnumerable<SandboxSummary> sandboxes) =>
        JsonText.Of([.. sandboxes.Select(Line)], DocumentContext.Default.IReadOnlyListSandboxLine);

    public static byte[] Inspect(InspectSandboxResponse sandbox)
    {
        var line = Line(sandbox.Sandbox ?? new SandboxSummary());
        var groups = sandbox.HostCgroups;
        return JsonText.Of(
            new SandboxDocument(
                line.Id,
                line.Root,
                line.Status,
                line.VmmPid,
                line.ContainerCount,
                line.Created,
                sandbox.HostName,
                sandbox.Uuid,
                sandbox.VmSource,
                sandbox.Accelerator,
                sandbox.Vcpus,
                sandbox.MemoryMib,
                [.. sandbox.VcpuTids],
                [.. sandbox.Cgroups],
                sandbox.CfsQuotaUs,
                sandbox.CfsPeriodUs,
                groups is null ? null : [.. groups.OtherTids],
                groups is null ? null : new ThrottlingDocument(groups.NrPeriods, groups.NrThrottled, groups.ThrottledUs),
                groups?.CpuWeight,
                groups?.Cpus,
                groups is null ? null : new Limit(groups.HasMemoryLimitBytes ? groups.MemoryLimitBytes : null),
                groups?.MemoryBytes,
                groups is null ? null : new Limit(groups.HasThreadLimit ? groups.ThreadLimit : null),
                sandbox.GuestKernel,
                sandbox.GuestMachineId,
                sandbox.AgentRssKib,
                sandbox.Reason,
                [.. sandbox.Timings.Select(timing => new TimingDocument(timing.Step, timing.StartUs, timing.DurationUs))],
                [.. sandbox.Containers.Select(Document)],
                [.. sandbox.Actors]),
            DocumentContext.Default.SandboxDocument);
    }

    private static SandboxLine Line(SandboxSummary sandbox) => new(
        sandbox.Id, sandbox.Root, sandbox.Status, sandbox.VmmPid, sandbox.ContainerCount, StateDocument.Timestamp(ContainerStates.Time(sandbox.CreatedUnixNs)));

    private static ContainerDocument Document(Container container) => new(
        container.Id, container.Status, container.Pid, container.Bundle, container.HasExitCode ? container.ExitCode : null, container.Reason);
}
