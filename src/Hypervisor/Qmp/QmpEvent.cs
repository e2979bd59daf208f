using System.Text.Json;
using KataActors.Linux;

namespace KataActors.Hypervisor.Qmp;

/// <summary>An asynchronous event of QEMU.</summary>
/// <param name="Name">Such as <c>SHUTDOWN</c>.</param>
/// <param name="Data">Its data; of kind <see cref="JsonValueKind.Undefined"/> when it has none.</param>
public sealed record QmpEvent(string Name, JsonElement Data)
{
    private const int LongestText = 256;

    /// <summary>The text of a member of <see cref="Data"/>, made printable; null when it is missing or no string.</summary>
    public string? Text(string member) =>
        Data.ValueKind == JsonValueKind.Object
        && Data.TryGetProperty(member, out var value)
        && value.ValueKind == JsonValueKind.String
            ? PrintableText.Of(value.GetString(), LongestText)
            : null;
}
