using System.Text.Json;
using System.Text.Json.Serialization;

namespace KataActors.Cli.Output;

/// <summary>A limit; written as null when it is not set.</summary>
[JsonConverter(typeof(LimitConverter))]
internal sealed record Limit(long? Value);

/// <summary>Writes a <see cref="Limit"/>.</summary>
internal sealed class LimitConverter : JsonConverter<Limit>
{
    /// <inheritdoc/>
    public override Limit Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Limit value, JsonSerializerOptions options)
    {
        if (value.Value is { } limit)
        {
            writer.WriteNumberValue(limit);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
