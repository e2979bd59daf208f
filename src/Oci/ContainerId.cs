using System.Diagnostics.CodeAnalysis;

namespace KataActors.Oci;

/// <summary>A container id that was checked: letters, digits and <c>_+-.</c>, 1 to 1024 characters, neither <c>.</c> nor <c>..</c>.</summary>
public sealed record ContainerId
{
    private ContainerId(string value) => Value = value;

    /// <summary>The id as the caller wrote it.</summary>
    public string Value { get; }

    /// <summary>Checks <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">The id is invalid; the message is a sentence for the user.</exception>
    public static ContainerId Parse(string? text) =>
        TryParse(text, out var id, out var error) ? id : throw new FormatException(error);

    /// <summary>Checks <paramref name="text"/>; <paramref name="error"/> is a sentence for the user that names the id.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ContainerId? id, [NotNullWhen(false)] out string? error)
    {
        error = IdRules.Check("container id", text);
        id = error is null ? new ContainerId(text!) : null;
        return id is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
