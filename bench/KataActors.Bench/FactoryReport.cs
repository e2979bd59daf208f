using System.Globalization;
using System.Text;

namespace KataActors.Bench;

/// <summary>The factory's figures as Markdown.</summary>
internal static class FactoryReport
{
    private const double CloneTarget = 1.5;
    private const double PoolTarget = 0.5;
    private const double AtOnceTarget = 6;
    private const double PssTargetMib = 30;
    private const double InitTargetSeconds = 0.3;
    private const double IdleTarget = 0.01;

    public static void Write(StringBuilder text, FactoryMeasurements measured)
    {
        var clone = Samples.Median(measured.Templates.Select(pair => pair.Ours.TotalSeconds));
        var floor = Samples.Median(measured.Templates.Select(pair => pair.Floor.TotalSeconds));
        var pool = Samples.Median(measured.Pool.Select(pair => pair.Ours.TotalSeconds));
        var runc = Samples.Median(measured.Pool.Select(pair => pair.Peers.TotalSeconds));
        Row(text, "create + start, template", $"{clone:0.000} s", $"bare clone to the agent's first answer: {floor:0.000} s", Samples.Median(measured.Templates.Select(pair => pair.Ratio)), CloneTarget);
        Row(text, "create + start, pool", $"{pool:0.000} s", $"template: {clone:0.000} s", pool / clone, PoolTarget);
        text.Append(CultureInfo.InvariantCulture, $"| the same | {pool:0.000} s | runc create + start: {runc:0.000} s | {pool / runc:0.00} | as runc | |\n");
        Row(text, "10 at once, pool", $"{measured.AtOnce.TotalSeconds:0.000} s", $"one: {pool:0.000} s", measured.AtOnce.TotalSeconds / pool, AtOnceTarget);
        Row(text, "PSS of QEMU and stand-in, each of 8 clones", $"{measured.PssMib:0.0} MiB", $"target {PssTargetMib} MiB", measured.PssMib / PssTargetMib, 1);
        Row(text, "template init, after boot", $"{measured.Init.TotalSeconds:0.000} s", $"target {InitTargetSeconds} s", measured.Init.TotalSeconds / InitTargetSeconds, 1);
        Row(text, "idle CPU, each of 20 pool VMs", $"{measured.IdleCores:P2} of a core", $"target {IdleTarget:P0}", measured.IdleCores / IdleTarget, 1);
    }

    private static void Row(StringBuilder text, string what, FormattableString value, string beside, double ratio, double target) =>
        text.Append(CultureInfo.InvariantCulture, $"| {what} | {value.ToString(CultureInfo.InvariantCulture)} | {beside} | {ratio:0.00} | ≤ {target} | {(ratio <= target ? "met" : "missed")} |\n");
}
