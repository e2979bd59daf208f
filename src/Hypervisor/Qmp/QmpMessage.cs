using System.Buffers;
using System.Text.Json;
using KataActors.Linux;

namespace KataActors.Hypervisor.Qmp;

/// <summary>The messages of QMP (QEMU, docs/interop/qmp-spec), read from and written as one line each.</summary>
internal abstract record QmpMessage
{
    private const int LongestText = 1024;

    // The relevant events are small; larger ones are kept without their data.
    private const int MostEventBytes = 16 * 1024;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32 };

    private QmpMessage()
    {
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="InvalidDataException">The line is not a QMP message.</exception>
    public static QmpMessage Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, s_options);
            return Parse(document.RootElement, keepsData: line.Length <= MostEventBytes);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("a line is not JSON", e);
        }
    }

    /// <summary>Writes a command as a line.</summary>
    public static ReadOnlyMemory<byte> Command(string command, long id, Action<Utf8JsonWriter>? arguments)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("execute", command);
            if (arguments is not null)
            {
                json.WriteStartObject("arguments");
                arguments(json);
                json.WriteEndObject();
            }

            json.WriteNumber("id", id);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    private static QmpMessage Parse(JsonElement root, bool keepsData)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("a message is not an object");
        }

        if (root.TryGetProperty("event", out var name) && name.ValueKind == JsonValueKind.String)
        {
            var data = keepsData && root.TryGetProperty("data", out var given) ? given.Clone() : default;
            return new Event(new QmpEvent(name.GetString()!, data));
        }

        if (root.TryGetProperty("QMP", out _))
        {
            return new Greeting();
        }

        if (!root.TryGetProperty("id", out var idMember) || idMember.ValueKind != JsonValueKind.Number || !idMember.TryGetInt64(out var id))
        {
            throw new InvalidDataException("a message is neither event nor reply");
        }

        if (root.TryGetProperty("return", out var result))
        {
            return new Result(id, result.Clone());
        }

        return root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
            ? new Error(id, Text(error, "class"), Text(error, "desc"))
            : throw new InvalidDataException("a reply has neither result nor error");
    }

    private static string Text(JsonElement error, string member) =>
        error.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? PrintableText.Of(value.GetString(), LongestText) : "";

    /// <summary>QEMU's first message on a connection.</summary>
    public sealed record Greeting : QmpMessage;

    /// <summary>An event.</summary>
    public sealed record Event(QmpEvent Value) : QmpMessage;

    /// <summary>A command's result.</summary>
    public sealed record Result(long Id, JsonElement Value) : QmpMessage;

    /// <summary>A command's error.</summary>
    public sealed record Error(long Id, string ErrorClass, string Description) : QmpMessage;
}
