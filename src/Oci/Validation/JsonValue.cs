using System.Text.Json;

namespace KataActors.Oci;

/// <summary>Examines sections that this runtime does not apply.</summary>
internal static class JsonValue
{
    /// <summary>True when the value holds anything but nulls, zeros, false and empty strings, lists and objects.</summary>
    public static bool SetsSomething(JsonElement? value) => value is { } element && element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Any(property => SetsSomething(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(item => SetsSomething(item)),
        JsonValueKind.String => element.ValueEquals("") is false,
        JsonValueKind.Number => !element.TryGetInt64(out var number) || number != 0,
        JsonValueKind.True => true,
        _ => false,
    };

    /// <summary>The values of a list or a map; none for other values.</summary>
    public static IEnumerable<JsonElement> Entries(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Select(property => property.Value),
        JsonValueKind.Array => value.EnumerateArray(),
        _ => [],
    };

    /// <summary>Whether an object has a value, other than null, of that name.</summary>
    public static bool Has(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var property) && property.ValueKind != JsonValueKind.Null;
}
