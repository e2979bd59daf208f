using System.Text;

namespace KataActors.Oci;

/// <summary>Tables as runc prints them: columns of at least twelve characters, three spaces between, invisible characters replaced.</summary>
public static class TextTable
{
    private const int MinColumnWidth = 12;
    private const int ColumnGap = 3;

    /// <summary>The heading and the rows, one a line. All have as many cells as the heading.</summary>
    public static byte[] Write(string[] heading, IEnumerable<string[]> rows)
    {
        var lines = rows.Prepend(heading).Select(row => row.Select(OneLine).ToArray()).ToArray();
        var widths = Enumerable.Range(0, heading.Length)
            .Select(column => Math.Max(MinColumnWidth, lines.Max(row => row[column].Length) + ColumnGap))
            .ToArray();
        var table = new StringBuilder();
        foreach (var row in lines)
        {
            for (var column = 0; column < row.Length - 1; column++)
            {
                table.Append(row[column].PadRight(widths[column]));
            }

            table.Append(row[^1]).Append('\n');
        }

        return Encoding.UTF8.GetBytes(table.ToString());
    }

    private static string OneLine(string text) =>
        string.Concat(text.EnumerateRunes().Select(character => Quoted.IsHidden(character) ? "?" : character.ToString()));
}
