using System.Globalization;
using System.Text;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Output;

/// <summary>One sandbox for people: its properties, its host resources, the times of its create, and its actors.</summary>
internal static class SandboxReport
{
    private const int LabelWidth = 16;

    // A list of threads may be long.
    private const int LongestLine = 64 * 1024;
    private const double MicrosecondsPerMillisecond = 1000;

    public static byte[] Write(InspectSandboxResponse response)
    {
        var summary = response.Sandbox ?? new SandboxSummary();
        var report = new StringBuilder();
        Line(report, "sandbox", summary.Id);
        Line(report, "root", summary.Root);
        Line(report, "status", response.Reason.Length == 0 ? summary.Status : $"{summary.Status} ({response.Reason})");
        Line(report, "created", StateDocument.Timestamp(ContainerStates.Time(summary.CreatedUnixNs)));
        Line(report, "host name", response.HostName);
        Line(report, "VMM pid", Number(summary.VmmPid));
        Line(report, "vCPU tids", string.Join(' ', response.VcpuTids.Select(tid => Number(tid))));
        Line(report, "VM", $"{response.Vcpus} vCPU, {response.MemoryMib} MiB, {response.Accelerator}, from {response.VmSource}, uuid {response.Uuid}");
        Line(report, "guest kernel", response.GuestKernel);
        Line(report, "machine id", response.GuestMachineId);
        Line(report, "agent RSS", $"{response.AgentRssKib} KiB");
        Line(report, "vCPU quota", response.CfsQuotaUs > 0 ? $"{response.CfsQuotaUs} of {response.CfsPeriodUs} µs" : "none");
        Section(report, "cgroups", response.Cgroups);
        if (response.HostCgroups is { } groups)
        {
            Section(report, "limits", Describe(groups));
        }

        Section(report, "containers", response.Containers.Select(Describe));
        Section(report, "create", response.Timings.Select(Describe));
        Section(report, "actors", Tree(response.Actors));
        return Encoding.UTF8.GetBytes(report.ToString());
    }

    private static string Describe(Container container)
    {
        var end = container.HasExitCode ? $", exit code {container.ExitCode}" : "";
        var reason = container.Reason.Length == 0 ? "" : $" ({container.Reason})";
        return $"{container.Id}  {container.Status}{end}{reason}, pid {container.Pid}, bundle {container.Bundle}";
    }

    private static IEnumerable<string> Describe(HostCgroups groups) =>
    [
        $"throttled        {groups.NrThrottled} of {groups.NrPeriods} periods, {Milliseconds(groups.ThrottledUs)}",
        $"CPU weight       {groups.CpuWeight}",
        $"CPUs             {(groups.Cpus.Length > 0 ? groups.Cpus : "all")}",
        $"memory           {groups.MemoryBytes} bytes of {(groups.HasMemoryLimitBytes ? $"{groups.MemoryLimitBytes}" : "no limit")}",
        $"threads          {groups.OtherTids.Count} beside the vCPUs, of {(groups.HasThreadLimit ? $"{groups.ThreadLimit}" : "no limit")}: {string.Join(' ', groups.OtherTids)}",
    ];

    private static string Describe(StepTiming timing) =>
        $"{timing.Step,-24} at {Milliseconds(timing.StartUs),9}  took {Milliseconds(timing.DurationUs),9}";

    // The paths in order: each below its parent, indented by its depth under the first.
    private static IEnumerable<string> Tree(IEnumerable<string> paths)
    {
        var ordered = paths.Order(StringComparer.Ordinal).ToArray();
        var top = ordered.Length == 0 ? 0 : ordered.Min(Depth);
        return ordered.Select(path => Depth(path) == top ? path : new string(' ', 2 * (Depth(path) - top)) + path[path.LastIndexOf('/')..]);
    }

    private static int Depth(string path) => path.Count(c => c == '/');

    private static void Section(StringBuilder report, string name, IEnumerable<string> lines)
    {
        report.Append(name).Append('\n');
        foreach (var line in lines)
        {
            report.Append("  ").Append(PrintableText.Of(line, LongestLine)).Append('\n');
        }
    }

    private static void Line(StringBuilder report, string label, string value) =>
        report.Append(label.PadRight(LabelWidth)).Append(PrintableText.Of(value, LongestLine)).Append('\n');

    private static string Milliseconds(long microseconds) =>
        (microseconds / MicrosecondsPerMillisecond).ToString("0.0", CultureInfo.InvariantCulture) + " ms";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
