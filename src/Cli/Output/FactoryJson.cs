using System.Text.Json;
using Google.Protobuf;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Output;

/// <summary>The factory for programs.</summary>
internal static class FactoryJson
{
    public static byte[] Status(FactoryStatusResponse status)
    {
        var (template, pool, counts) = (status.Template ?? new(), status.Pool ?? new(), status.Counts ?? new());
        return JsonText.Of(
            new FactoryDocument(
                new TemplateDocument(template.State, template.Step, template.Problem, template.Folder, Parse(template.Manifest)),
                new PoolDocument(pool.Ready, pool.Booting, pool.Target, pool.Minimum, pool.Maximum, pool.Problem),
                new CountsDocument(counts.PoolHits, counts.TemplateHits, counts.Misses, counts.Fallbacks, counts.Cold, counts.LastFallback),
                status.Booting,
                status.ConcurrentBoots,
                status.Waiting,
                status.Clones,
                status.MemorySavedKib),
            DocumentContext.Default.FactoryDocument);
    }

    private static JsonElement? Parse(ByteString manifest)
    {
        if (manifest.IsEmpty)
        {
            return null;
        }

        var reader = new Utf8JsonReader(manifest.Span);
        return JsonElement.ParseValue(ref reader);
    }
}
