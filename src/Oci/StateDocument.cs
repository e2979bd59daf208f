using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KataActors.Oci;

/// <summary>The outputs of <c>state</c> and <c>list</c>, as runc writes them. Each ends with a line feed.</summary>
public static class StateDocument
{
    /// <summary>The state of one container: the specification's fields and runc's additions, indented; <c>reason</c> is ours.</summary>
    public static byte[] State(ContainerState state) => Write(true, writer => WriteState(writer, state));

    /// <summary>The state of a container as hooks get it: the specification's fields, on one line. A container without a process has no pid.</summary>
    public static byte[] Hook(ContainerState state) => Write(false, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("ociVersion", state.OciVersion);
        writer.WriteString("id", state.Id);
        writer.WriteString("status", state.Status);
        if (state.Pid > 0)
        {
            writer.WriteNumber("pid", state.Pid);
        }

        writer.WriteString("bundle", state.Bundle);
        WriteAnnotations(writer, state);
        writer.WriteEndObject();
    });

    /// <summary>An array of states on one line.</summary>
    public static byte[] ListJson(IReadOnlyCollection<ContainerState> states) => Write(false, writer =>
    {
        writer.WriteStartArray();
        foreach (var state in states)
        {
            WriteState(writer, state);
        }

        writer.WriteEndArray();
    });

    /// <summary>Only the ids, one a line.</summary>
    public static byte[] ListIds(IEnumerable<ContainerState> states) => Encoding.UTF8.GetBytes(string.Concat(states.Select(state => state.Id + "\n")));

    /// <summary>A table with a heading.</summary>
    public static byte[] ListTable(IEnumerable<ContainerState> states) => TextTable.Write(
        ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"],
        states.Select(state => new[]
        {
            state.Id, state.Pid.ToString(CultureInfo.InvariantCulture), state.Status, state.Bundle, Timestamp(state.CreatedUtc), state.Owner,
        }));

    /// <summary>RFC 3339 with up to nine decimals, trailing zeros cut.</summary>
    public static string Timestamp(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static byte[] Write(bool indented, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(writer);
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static void WriteState(Utf8JsonWriter writer, ContainerState state)
    {
        writer.WriteStartObject();
        writer.WriteString("ociVersion", state.OciVersion);
        writer.WriteString("id", state.Id);
        writer.WriteNumber("pid", state.Pid);
        writer.WriteString("status", state.Status);
        writer.WriteString("bundle", state.Bundle);
        writer.WriteString("rootfs", state.Rootfs);
        writer.WriteString("created", Timestamp(state.CreatedUtc));
        WriteAnnotations(writer, state);
        writer.WriteString("owner", state.Owner);
        if (state.Reason.Length > 0)
        {
            writer.WriteString("reason", state.Reason);
        }

        writer.WriteEndObject();
    }

    private static void WriteAnnotations(Utf8JsonWriter writer, ContainerState state)
    {
        if (state.Annotations.Count == 0)
        {
            return;
        }

        writer.WriteStartObject("annotations");
        foreach (var (key, value) in state.Annotations.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }
}
