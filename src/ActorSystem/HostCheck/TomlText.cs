using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KataActors.Runtime.HostCheck;

/// <summary>Writes a tree of JSON objects as TOML 1.0: objects as tables, strings as basic strings.</summary>
internal static class TomlText
{
    /// <summary>The document. Names must be bare keys: letters, digits, dashes and underscores.</summary>
    public static string Of(JsonObject document)
    {
        var text = new StringBuilder();
        foreach (var (name, section) in document)
        {
            Table(text, name, section!.AsObject());
        }

        return text.ToString();
    }

    // The values of a table come before the tables in it: what follows a heading belongs to it.
    private static void Table(StringBuilder text, string name, JsonObject table)
    {
        text.Append(text.Length > 0 ? "\n" : "").Append('[').Append(name).Append("]\n");
        foreach (var (key, value) in table.Where(entry => entry.Value is not JsonObject))
        {
            text.Append(key).Append(" = ").Append(Value(value!)).Append('\n');
        }

        foreach (var (key, value) in table.Where(entry => entry.Value is JsonObject))
        {
            Table(text, $"{name}.{key}", value!.AsObject());
        }
    }

    private static string Value(JsonNode value) => value switch
    {
        JsonArray array => $"[{string.Join(", ", array.Select(item => Value(item!)))}]",
        _ when value.GetValueKind() == JsonValueKind.String => Quoted(value.GetValue<string>()),
        // Numbers and booleans are the same in both.
        _ => value.ToJsonString(),
    };

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' or '\\' => $"\\{c}",
                '\n' => "\\n",
                '\t' => "\\t",
                _ when char.IsControl(c) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
