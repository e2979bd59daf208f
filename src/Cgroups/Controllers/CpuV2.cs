using System.Globalization;

namespace KataActors.Cgroups.Controllers;

/// <summary>
/// The v2 controller <c>cpu</c>: the vCPUs' bandwidth, and the sandbox's weight. A limit above that of an ancestor group is no error there: the
/// kernel applies the smaller one.
/// </summary>
internal sealed class CpuV2(ControlFiles files, CgroupLayout layout) : IController
{
    private const string LimitFile = "cpu.max";
    private const string WeightFile = "cpu.weight";
    private const string StatisticsFile = "cpu.stat";

    public void Check(ResourceRequest request)
    {
    }

    public void Set(ResourceRequest request)
    {
        files.Set(layout.Sandbox, WeightFile, ControlFiles.Text(CpuWeight.FromShares(request.Limits.CpuShares)));
        if (!request.KeepsCpu)
        {
            var value = $"{ControlFiles.LimitText(request.Cpu?.QuotaUs)} {ControlFiles.Text(request.Cpu?.PeriodUs ?? CpuLimit.DefaultPeriodUs)}";
            files.Set(layout.Vcpu, LimitFile, value, $"cpu limit {value} of \"{layout.Vcpu}\" is refused");
        }
    }

    public CgroupProtocol.Status Read(CgroupProtocol.Status status)
    {
        var statistics = files.ReadTable(layout.Vcpu, StatisticsFile);
        return status with
        {
            Limit = files.TryRead(layout.Vcpu, LimitFile)?.Split(' ') is [var quota, var period] && ControlFiles.Number(quota) is { } quotaUs
                ? new CpuLimit(quotaUs, long.Parse(period, CultureInfo.InvariantCulture))
                : null,
            CpuWeight = files.TryReadNumber(layout.Sandbox, WeightFile) ?? 0,
            Throttling = new CpuThrottling(
                statistics.GetValueOrDefault("nr_periods"),
                statistics.GetValueOrDefault("nr_throttled"),
                TimeSpan.FromMicroseconds(statistics.GetValueOrDefault("throttled_usec"))),
        };
    }
}
