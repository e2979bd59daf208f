using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace KataActors.Cli.Output;

/// <summary>A JSON document as programs get it on standard output: indented, and ended by a line feed.</summary>
internal static class JsonText
{
    /// <summary>The text of <paramref name="document"/>.</summary>
    public static byte[] Of<T>(T document, JsonTypeInfo<T> type)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            JsonSerializer.Serialize(writer, document, type);
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }
}
