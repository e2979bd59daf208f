using System.Text;
using System.Text.Json;
using KataActors.Linux;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Output;

/// <summary>The factory for people.</summary>
internal static class FactoryReport
{
    private const int LabelWidth = 24;

    public static byte[] Write(FactoryStatusResponse status)
    {
        var report = new StringBuilder();
        var (template, pool, counts) = (status.Template ?? new(), status.Pool ?? new(), status.Counts ?? new());
        Line(report, "template", template.Step.Length > 0 ? $"{template.State}: {template.Step}" : template.State);
        if (template.Problem.Length > 0 && template.Problem != template.Step)
        {
            Line(report, "problem", template.Problem);
        }

        Line(report, "folder", template.Folder);
        Manifest(report, template.Manifest.Span);
        Line(report, "pool", pool.Maximum == 0 ? "off" : $"{pool.Ready} ready, {pool.Booting} booting, {pool.Target} wanted ({pool.Minimum} to {pool.Maximum})");
        if (pool.Problem.Length > 0)
        {
            Line(report, "problem of the pool", pool.Problem);
        }

        Line(report, "booting", $"{status.Booting} of {status.ConcurrentBoots}, {status.Waiting} waiting");
        Line(report, "from the pool", $"{counts.PoolHits}");
        Line(report, "from the template", $"{counts.TemplateHits}");
        Line(report, "cold", $"{counts.Cold}, of them {counts.Misses} misses and {counts.Fallbacks} fallbacks");
        if (counts.LastFallback.Length > 0)
        {
            Line(report, "last fallback", counts.LastFallback);
        }

        Line(report, "clones", $"{status.Clones}, which share {status.MemorySavedKib / 1024} MiB");
        return Encoding.UTF8.GetBytes(report.ToString());
    }

    private static void Manifest(StringBuilder report, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return;
        }

        var reader = new Utf8JsonReader(json);
        using var document = JsonDocument.ParseValue(ref reader);
        foreach (var field in document.RootElement.EnumerateObject())
        {
            Line(report, $"  {field.Name}", field.Value.ToString());
        }
    }

    private static void Line(StringBuilder report, string label, string value) =>
        report.Append(label.PadRight(LabelWidth)).Append(PrintableText.Of(value)).Append('\n');
}
