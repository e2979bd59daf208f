using System.Globalization;
using System.Text;

namespace KataActors.Bench;

/// <summary>The figures as Markdown.</summary>
internal static class Report
{
    private const double ColdStartTarget = 1.3;
    private const double MemoryTargetMb = 5;

    public static string Write(BenchOptions options, Measurements measured, string machine)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{machine}\n");
        var details = measured.ColdStarts[0].Details;
        text.Append(CultureInfo.InvariantCulture, $"guest kernel {details.GuestKernel} ({options.Kernel}), accelerator {details.Accelerator}; medians of {measured.ColdStarts.Length} pairs; of commands, of up to {measured.Running.Commands.Max(command => command.Pairs.Length)}\n\n");
        text.Append("| what | measured | peer or floor | ratio | target | |\n|---|---|---|---|---|---|\n");
        ColdStart(text, options, measured);
        RunningReport.Write(text, measured.Running);
        Memory(text, "agent RSS in the guest, after 10 MiB through stdout", measured, start => start.Details.AgentRssKib, "booted only", start => start.FloorAgentRssKib);
        Memory(text, "stand-in PSS, after the same", measured, start => start.StandInPssKib, "before", start => start.EarlyStandInPssKib);
        FactoryReport.Write(text, measured.Factory);
        Steps(text, measured);
        return text.ToString();
    }

    private static void ColdStart(StringBuilder text, BenchOptions options, Measurements measured)
    {
        var starts = measured.ColdStarts;
        var ours = Samples.Median(starts.Select(start => (start.Create + start.Start).TotalSeconds));
        var floor = Samples.Median(starts.Select(start => start.Floor.TotalSeconds));
        var ratio = Samples.Median(starts.Select(start => start.Ratio));
        var verdict = options.Kernel == BenchOptions.OwnKernel ? Verdict(ratio <= ColdStartTarget) : "holds for our own kernel";
        text.Append(CultureInfo.InvariantCulture, $"| create + start, cold | {ours:0.000} s | bare QEMU to the agent's first answer: {floor:0.000} s | {ratio:0.00} | ≤ {ColdStartTarget} | {verdict} |\n");
    }

    private static void Memory(
        StringBuilder text, string what, Measurements measured, Func<ColdStart, ulong> value, string besideName, Func<ColdStart, ulong> beside)
    {
        var ours = Samples.Median(measured.ColdStarts.Select(start => Megabytes(value(start))));
        var floor = Samples.Median(measured.ColdStarts.Select(start => Megabytes(beside(start))));
        text.Append(CultureInfo.InvariantCulture, $"| {what} | {ours:0.00} MB | {besideName}: {floor:0.00} MB | {ours / floor:0.00} | ≤ {MemoryTargetMb} MB | {Verdict(ours <= MemoryTargetMb)} |\n");
    }

    private static void Steps(StringBuilder text, Measurements measured)
    {
        var starts = measured.ColdStarts;
        text.Append("\n| step of create, in the daemon | begins at ms | takes ms |\n|---|---|---|\n");
        foreach (var step in starts[0].Details.Steps.Select(step => step.Name).Distinct())
        {
            var same = starts.SelectMany(start => start.Details.Steps).Where(other => other.Name == step).ToList();
            text.Append(CultureInfo.InvariantCulture, $"| {step} | {Samples.Median(same.Select(timing => timing.StartUs / 1e3)):0.0} | {Samples.Median(same.Select(timing => timing.DurationUs / 1e3)):0.0} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"| the command create, all of it | | {Samples.Median(starts.Select(start => start.Create.TotalMilliseconds)):0.0} |\n");
        text.Append(CultureInfo.InvariantCulture, $"| the command start, all of it | | {Samples.Median(starts.Select(start => start.Start.TotalMilliseconds)):0.0} |\n");
        text.Append(CultureInfo.InvariantCulture, $"\nratios of the pairs: {string.Join(", ", starts.Select(start => start.Ratio.ToString("0.00", CultureInfo.InvariantCulture)))}\n");
    }

    private static string Verdict(bool met) => met ? "met" : "missed";

    private static double Megabytes(ulong kib) => kib * 1024 / 1e6;
}
