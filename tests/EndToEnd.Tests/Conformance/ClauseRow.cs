namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>
/// The rows of <c>docs/conformance.md</c>: one for each clause, its id in backquotes, what it asks, and whether a test covers it, or holds the runtime to
/// what it does instead.
/// </summary>
internal sealed record ClauseRow(string Id, string Asks, string Coverage)
{
    public bool IsCovered => Coverage == "covered";

    public bool Deviates => Gives("deviates: ");

    public bool SaysWhyNot => Deviates || Gives("not covered: ");

    public static string Document => File.ReadAllText(Path.Combine(Installation.Checkout, "docs", "conformance.md"));

    public static IReadOnlyList<ClauseRow> ReadAll() =>
    [
        .. Document.Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => new ClauseRow(cells[0].Trim('`'), cells[1], cells[2])),
    ];

    private bool Gives(string reason) => Coverage.StartsWith(reason, StringComparison.Ordinal) && Coverage.Length > reason.Length;
}
