using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KataActors.Oci;

/// <summary>The outputs of <c>state</c> and <c>list</c>, as runc writes them. Each ends with a line feed.</summary>
public static class StateDocument
{
    private const int MinColumnWidth = 12;
    private const int ColumnGap = 3;
    private static readonly string[] Heading = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"];

    /// <summary>The state of one container: the specification's fields and runc's additions, indented.</summary>
    public static byte[] State(ContainerState state) => Write(true, writer => WriteState(writer, state));

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
    public static byte[] ListTable(IEnumerable<ContainerState> states)
    {
        var rows = states
            .Select(state => new[]
            {
                state.Id, state.Pid.ToString(CultureInfo.InvariantCulture), state.Status, OneLine(state.Bundle), Timestamp(state.CreatedUtc), state.Owner,
            })
            .Prepend(Heading)
            .ToArray();
        var widths = Enumerable.Range(0, Heading.Length)
            .Select(column => Math.Max(MinColumnWidth, rows.Max(row => row[column].Length) + ColumnGap))
            .ToArray();
        var table = new StringBuilder();
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Length - 1; column++)
            {
                table.Append(row[column].PadRight(widths[column]));
            }

            table.Append(row[^1]).Append('\n');
        }

        return Encoding.UTF8.GetBytes(table.ToString());
    }

    /// <summary>RFC 3339 with up to nine decimals, trailing zeros cut.</summary>
    public static string Timestamp(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

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
        if (state.Annotations.Count > 0)
        {
            writer.WriteStartObject("annotations");
            foreach (var (key, value) in state.Annotations.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteString("owner", state.Owner);
        writer.WriteEndObject();
    }
}
