namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>The rows of <c>docs/conformance.md</c>: one for each clause, its id in backquotes, what it asks, and whether a test covers it.</summary>
internal sealed record ClauseRow(string Id, string Asks, string Coverage)
{
    private const string NotCovered = "not covered: ";

    public bool IsCovered => Coverage == "covered";

    public bool SaysWhyNot => Coverage.StartsWith(NotCovered, StringComparison.Ordinal) && Coverage.Length > NotCovered.Length;

    public static string Document => File.ReadAllText(Path.Combine(Installation.Checkout, "docs", "conformance.md"));

    public static IReadOnlyList<ClauseRow> ReadAll() =>
    [
        .. Document.Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => new ClauseRow(cells[0].Trim('`'), cells[1], cells[2])),
    ];
}
