using System.Globalization;

namespace KataActors.Cgroups.Controllers;

/// <summary>The v1 controller <c>cpu</c>: the vCPUs' CFS limit, and the sandbox's shares.</summary>
internal sealed class CpuV1(ControlFiles files, CgroupLayout layout) : IController
{
    private const string SharesFile = "cpu.shares";
    private const string StatisticsFile = "cpu.stat";

    public void Check(ResourceRequest request)
    {
        if (request.KeepsCpu || request.Cpu is not { } wanted)
        {
            return;
        }

        foreach (var above in layout.Above(layout.Vcpu))
        {
            if (ReadLimit(above) is { } limit && wanted.IsMoreThan(limit))
            {
                throw new CgroupException(
                    FailureCode.FailedPrecondition, $"cpu limit {wanted} of \"{layout.Vcpu}\" is more than the {limit} that \"{above}\" allows");
            }
        }
    }

    public void Set(ResourceRequest request)
    {
        files.Set(layout.Sandbox, SharesFile, ControlFiles.Text(CpuWeight.Clamp(request.Limits.CpuShares ?? CpuWeight.DefaultShares)));
        if (request.KeepsCpu)
        {
            return;
        }

        var (quotaUs, periodUs) = (Number(CpuLimitWrites.QuotaFile), Number(CpuLimitWrites.PeriodFile));
        foreach (var (file, value) in CpuLimitWrites.Plan(quotaUs, periodUs, request.Cpu))
        {
            files.Set(
                layout.Vcpu, file, value, $"cpu limit {request.Cpu?.ToString() ?? "none"} of \"{layout.Vcpu}\" is refused; a group above it may allow less");
        }
    }

    public CgroupProtocol.Status Read(CgroupProtocol.Status status)
    {
        var statistics = files.ReadTable(layout.Vcpu, StatisticsFile);
        return status with
        {
            Limit = ReadLimit(layout.Vcpu),
            CpuWeight = files.TryReadNumber(layout.Sandbox, SharesFile) ?? 0,
            Throttling = new CpuThrottling(
                statistics.GetValueOrDefault("nr_periods"),
                statistics.GetValueOrDefault("nr_throttled"),
                TimeSpan.FromMicroseconds(statistics.GetValueOrDefault("throttled_time") / 1000)),
        };
    }

    private CpuLimit? ReadLimit(string group) =>
        files.TryReadNumber(group, CpuLimitWrites.QuotaFile) is { } quota && files.TryReadNumber(group, CpuLimitWrites.PeriodFile) is { } period
            ? new CpuLimit(quota, period)
            : null;

    // Unlike a limit, the current value may be negative.
    private long Number(string file) => long.Parse(files.TryRead(layout.Vcpu, file) ?? "-1", CultureInfo.InvariantCulture);
}
