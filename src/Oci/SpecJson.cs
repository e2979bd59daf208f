using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace KataActors.Oci;

/// <summary>Checks that bytes are bounded, well-formed JSON whose strings every layer below can carry.</summary>
internal static class SpecJson
{
    public const int MaxDepth = 64;
    public const int MaxTokens = 500_000;

    private const int LongestField = 120;

    /// <summary>Reads a document.</summary>
    /// <exception cref="SpecException">It is too large, not well-formed, or has a value of the wrong type.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, int maxBytes)
    {
        if (json.Length > maxBytes)
        {
            throw SpecException.Invalid("", $"larger than {maxBytes} bytes");
        }

        Check(json);
        try
        {
            return JsonSerializer.Deserialize(json, type)!;
        }
        catch (JsonException exception)
        {
            throw SpecException.Invalid(
                exception.Path is ['$', '.', .. var field] ? Shown(field) : "", $"has a value of the wrong type (line {exception.LineNumber + 1})");
        }
    }

    // A key of a map may be any text.
    private static string Shown(string field) => field.Length <= LongestField && field.All(c => c is >= ' ' and <= '~') ? field : Quoted.Text(field);

    private static void Check(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            throw SpecException.Invalid("", "not JSON: it is not valid UTF-8");
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        try
        {
            var tokens = 0;
            while (reader.Read())
            {
                if (++tokens == 1 && reader.TokenType != JsonTokenType.StartObject)
                {
                    throw SpecException.Invalid("", "not a JSON object");
                }

                // The depth is that of the opening bracket's parent.
                if (reader.CurrentDepth >= MaxDepth)
                {
                    throw SpecException.Invalid("", $"nested deeper than {MaxDepth} levels");
                }

                if (tokens > MaxTokens)
                {
                    throw SpecException.Invalid("", $"more than {MaxTokens} JSON tokens");
                }

                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    CheckEscapes(ref reader, json);
                }
            }
        }
        catch (JsonException exception)
        {
            throw SpecException.Invalid("", $"not JSON: syntax error in line {exception.LineNumber + 1}");
        }
    }

    // Raw control characters are a syntax error already; escaped they are legal JSON, and a NUL would end the string in the kernel.
    private static void CheckEscapes(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var line = json[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1;
        string text;
        try
        {
            text = reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw SpecException.Invalid("", $"a string in line {line} is not valid Unicode");
        }

        if (text.Contains('\0'))
        {
            throw SpecException.Invalid("", $"a string in line {line} contains a NUL byte");
        }
    }
}
