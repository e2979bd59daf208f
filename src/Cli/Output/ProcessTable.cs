using System.Text;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Output;

/// <summary>Processes as ps(1) shows them: columns as wide as they need to be, the last one without a bound.</summary>
internal static class ProcessTable
{
    public static string Write(IReadOnlyList<PsColumn> columns, ProcessesResponse response)
    {
        var rows = response.Processes.Select(process => columns.Select(column => column.Text(process, response.MemoryKib)).ToArray()).ToList();
        if (columns.Any(column => column.Heading.Length > 0))
        {
            rows.Insert(0, [.. columns.Select(column => column.Heading)]);
        }

        var widths = columns.Select((_, column) => rows.Select(row => row[column].Length).DefaultIfEmpty().Max()).ToArray();
        var table = new StringBuilder();
        foreach (var row in rows)
        {
            table.Append(string.Join(' ', row.Select((cell, column) => columns[column].IsNumber ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd()).Append('\n');
        }

        return table.ToString();
    }
}
