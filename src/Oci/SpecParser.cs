using System.Diagnostics.CodeAnalysis;

namespace KataActors.Oci;

/// <summary>Reads and validates <c>config.json</c>. The result needs no further check against the runtime specification.</summary>
public static class SpecParser
{
    /// <summary>The largest spec accepted, in bytes; it leaves room for the rest of a request in one ttrpc message.</summary>
    public const int MaxBytes = 3 * 1024 * 1024;

    /// <summary>Parses and validates; exactly one of <paramref name="spec"/> and <paramref name="error"/> is set.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out RuntimeSpec? spec, [NotNullWhen(false)] out SpecError? error) =>
        TryRead(json, SpecValidator.Validate, out spec, out error);

    /// <summary>Parses a spec that was validated when its container was created, perhaps by an earlier version that refused less.</summary>
    public static bool TryReread(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out RuntimeSpec? spec, [NotNullWhen(false)] out SpecError? error) =>
        TryRead(json, _ => { }, out spec, out error);

    private static bool TryRead(
        ReadOnlyMemory<byte> json, Action<RuntimeSpec> validate, [NotNullWhen(true)] out RuntimeSpec? spec, [NotNullWhen(false)] out SpecError? error)
    {
        try
        {
            spec = SpecJson.Read(json.Span, SpecJsonContext.Default.RuntimeSpec, MaxBytes);
            validate(spec);
            error = null;
            return true;
        }
        catch (SpecException exception)
        {
            spec = null;
            error = exception.Error;
            return false;
        }
    }
}
