using System.Text.Json;
using KataActors.Oci;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Output;

/// <summary>The sandboxes for programs.</summary>
internal static class SandboxJson
{
    public static byte[] List(IEnumerable<SandboxSummary> sandboxes) => JsonText.Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var sandbox in sandboxes)
        {
            writer.WriteStartObject();
            WriteSummary(writer, sandbox);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    public static byte[] Inspect(InspectSandboxResponse sandbox) => JsonText.Write(writer =>
    {
        writer.WriteStartObject();
        WriteSummary(writer, sandbox.Sandbox ?? new SandboxSummary());
        writer.WriteString("hostName", sandbox.HostName);
        writer.WriteString("uuid", sandbox.Uuid);
        writer.WriteString("vmSource", sandbox.VmSource);
        writer.WriteString("accelerator", sandbox.Accelerator);
        writer.WriteNumber("vcpus", sandbox.Vcpus);
        writer.WriteNumber("memoryMib", sandbox.MemoryMib);
        writer.WriteStartArray("vcpuTids");
        foreach (var tid in sandbox.VcpuTids)
        {
            writer.WriteNumberValue(tid);
        }

        writer.WriteEndArray();
        WriteList(writer, "cgroups", sandbox.Cgroups);
        writer.WriteNumber("cfsQuotaUs", sandbox.CfsQuotaUs);
        writer.WriteNumber("cfsPeriodUs", sandbox.CfsPeriodUs);
        WriteGroups(writer, sandbox.HostCgroups);
        writer.WriteString("guestKernel", sandbox.GuestKernel);
        writer.WriteString("guestMachineId", sandbox.GuestMachineId);
        writer.WriteNumber("agentRssKib", sandbox.AgentRssKib);
        writer.WriteString("reason", sandbox.Reason);
        WriteTimings(writer, sandbox.Timings);
        WriteContainers(writer, sandbox.Containers);
        WriteList(writer, "actors", sandbox.Actors);
        writer.WriteEndObject();
    });

    private static void WriteSummary(Utf8JsonWriter writer, SandboxSummary sandbox)
    {
        writer.WriteString("id", sandbox.Id);
        writer.WriteString("root", sandbox.Root);
        writer.WriteString("status", sandbox.Status);
        writer.WriteNumber("vmmPid", sandbox.VmmPid);
        writer.WriteNumber("containerCount", sandbox.ContainerCount);
        writer.WriteString("created", StateDocument.Timestamp(ContainerStates.Time(sandbox.CreatedUnixNs)));
    }

    // No limit is null.
    private static void WriteGroups(Utf8JsonWriter writer, HostCgroups? groups)
    {
        if (groups is null)
        {
            return;
        }

        writer.WriteStartArray("otherTids");
        foreach (var tid in groups.OtherTids)
        {
            writer.WriteNumberValue(tid);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("throttling");
        writer.WriteNumber("periods", groups.NrPeriods);
        writer.WriteNumber("throttledPeriods", groups.NrThrottled);
        writer.WriteNumber("throttledUs", groups.ThrottledUs);
        writer.WriteEndObject();
        writer.WriteNumber("cpuWeight", groups.CpuWeight);
        writer.WriteString("cpus", groups.Cpus);
        WriteLimit(writer, "memoryLimitBytes", groups.HasMemoryLimitBytes, groups.MemoryLimitBytes);
        writer.WriteNumber("memoryBytes", groups.MemoryBytes);
        WriteLimit(writer, "threadLimit", groups.HasThreadLimit, groups.ThreadLimit);
    }

    private static void WriteLimit(Utf8JsonWriter writer, string name, bool limited, long limit)
    {
        if (limited)
        {
            writer.WriteNumber(name, limit);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void WriteTimings(Utf8JsonWriter writer, IEnumerable<StepTiming> timings)
    {
        writer.WriteStartArray("timings");
        foreach (var timing in timings)
        {
            writer.WriteStartObject();
            writer.WriteString("step", timing.Step);
            writer.WriteNumber("startUs", timing.StartUs);
            writer.WriteNumber("durationUs", timing.DurationUs);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteContainers(Utf8JsonWriter writer, IEnumerable<Container> containers)
    {
        writer.WriteStartArray("containers");
        foreach (var container in containers)
        {
            writer.WriteStartObject();
            writer.WriteString("id", container.Id);
            writer.WriteString("status", container.Status);
            writer.WriteNumber("pid", container.Pid);
            writer.WriteString("bundle", container.Bundle);
            if (container.HasExitCode)
            {
                writer.WriteNumber("exitCode", container.ExitCode);
            }

            writer.WriteString("reason", container.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IEnumerable<string> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    }
}
