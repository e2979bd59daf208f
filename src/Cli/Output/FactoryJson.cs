using System.Text.Json;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Output;

/// <summary>The factory for programs.</summary>
internal static class FactoryJson
{
    public static byte[] Status(FactoryStatusResponse status) => JsonText.Write(writer =>
    {
        writer.WriteStartObject();
        Template(writer, status.Template ?? new());
        Pool(writer, status.Pool ?? new());
        Counts(writer, status.Counts ?? new());
        writer.WriteNumber("booting", status.Booting);
        writer.WriteNumber("concurrentBoots", status.ConcurrentBoots);
        writer.WriteNumber("waiting", status.Waiting);
        writer.WriteNumber("clones", status.Clones);
        writer.WriteNumber("memorySavedKib", status.MemorySavedKib);
        writer.WriteEndObject();
    });

    private static void Template(Utf8JsonWriter writer, FactoryTemplate template)
    {
        writer.WriteStartObject("template");
        writer.WriteString("state", template.State);
        writer.WriteString("step", template.Step);
        writer.WriteString("problem", template.Problem);
        writer.WriteString("folder", template.Folder);
        writer.WritePropertyName("manifest");
        if (template.Manifest.IsEmpty)
        {
            writer.WriteNullValue();
        }
        else
        {
            var reader = new Utf8JsonReader(template.Manifest.Span);
            using var manifest = JsonDocument.ParseValue(ref reader);
            manifest.RootElement.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static void Pool(Utf8JsonWriter writer, FactoryPool pool)
    {
        writer.WriteStartObject("pool");
        writer.WriteNumber("ready", pool.Ready);
        writer.WriteNumber("booting", pool.Booting);
        writer.WriteNumber("target", pool.Target);
        writer.WriteNumber("minimum", pool.Minimum);
        writer.WriteNumber("maximum", pool.Maximum);
        writer.WriteString("problem", pool.Problem);
        writer.WriteEndObject();
    }

    private static void Counts(Utf8JsonWriter writer, FactoryCounts counts)
    {
        writer.WriteStartObject("counts");
        writer.WriteNumber("poolHits", counts.PoolHits);
        writer.WriteNumber("templateHits", counts.TemplateHits);
        writer.WriteNumber("misses", counts.Misses);
        writer.WriteNumber("fallbacks", counts.Fallbacks);
        writer.WriteNumber("cold", counts.Cold);
        writer.WriteString("lastFallback", counts.LastFallback);
        writer.WriteEndObject();
    }
}
