using System.Text.Json;

namespace KataActors.Oci;

/// <summary>Examines sections that are refused when they set anything.</summary>
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
}
