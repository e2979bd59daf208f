namespace KataActors.Oci;

/// <summary>Why a spec was refused.</summary>
public enum SpecErrorKind
{
    /// <summary>The spec is broken or breaks a MUST of the runtime specification.</summary>
    Invalid,

    /// <summary>The spec is valid but asks for an unsupported feature.</summary>
    Unsupported,
}

/// <summary>A refusal; <paramref name="Message"/> is one sentence for the user, naming the field and the cause.</summary>
public sealed record SpecError(SpecErrorKind Kind, string Message);

/// <summary>Carries a <see cref="SpecError"/> up to the parser's public methods.</summary>
internal sealed class SpecException(SpecErrorKind kind, string field, string cause) : Exception
{
    public SpecError Error { get; } = In("config.json", kind, field, cause);

    /// <summary>The same, found in another document.</summary>
    public SpecError ErrorIn(string document) => In(document, kind, field, cause);

    public static SpecException Invalid(string field, string cause) => new(SpecErrorKind.Invalid, field, cause);

    public static SpecException Unsupported(string field, string cause) => new(SpecErrorKind.Unsupported, field, cause);

    private static SpecError In(string document, SpecErrorKind kind, string field, string cause) =>
        new(kind, $"{document}: {field}{(field.Length == 0 ? "" : " ")}{cause}");
}
