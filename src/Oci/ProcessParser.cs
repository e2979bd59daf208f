using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace KataActors.Oci;

/// <summary>Reads and writes the <c>process</c> object of the runtime specification, as <c>exec --process</c> takes it.</summary>
public static class ProcessParser
{
    /// <summary>
    /// The largest document accepted, in bytes: as large as a configuration with that process, and so that execve(2) is the bound. It takes 2 MiB of arguments
    /// and environment with the usual limit of the stack.
    /// </summary>
    public const int MaxBytes = SpecParser.MaxBytes;

    private const string Document = "process";

    /// <summary>Parses and validates; exactly one of <paramref name="process"/> and <paramref name="error"/> is set.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out ProcessSpec? process, [NotNullWhen(false)] out SpecError? error)
    {
        try
        {
            process = SpecJson.Read(json.Span, SpecJsonContext.Default.ProcessSpec, MaxBytes);
            ProcessValidator.Validate(process);
            error = null;
            return true;
        }
        catch (SpecException exception)
        {
            process = null;
            error = exception.ErrorIn(Document);
            return false;
        }
    }

    /// <summary>The document of a process. Text is not escaped where JSON does not ask for it, so that it is hardly longer than in a configuration.</summary>
    public static byte[] Write(ProcessSpec process)
    {
        var document = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(document, new JsonWriterOptions { Encoder = SpecTextEncoder.Instance });
        JsonSerializer.Serialize(writer, process, SpecJsonContext.Default.ProcessSpec);
        return document.WrittenSpan.ToArray();
    }
}
