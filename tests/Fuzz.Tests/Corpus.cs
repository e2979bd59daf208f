namespace KataActors.Fuzz.Tests;

/// <summary>The documents in the folder <c>Corpus</c>: valid ones of each kind, and refused ones with the refusal beside them.</summary>
public static class Corpus
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Corpus");

    /// <summary>Files of <c>refused</c> that begin with the kind; the message is in a file of the same name that ends in <c>.txt</c>.</summary>
    public static TheoryData<string, string> Refused(string kind)
    {
        var rows = new TheoryData<string, string>();
        foreach (var file in Directory.GetFiles(Path.Combine(s_folder, "refused"), $"{kind}-*.json").Order(StringComparer.Ordinal))
        {
            rows.Add(Path.GetFileName(file), File.ReadAllText(Path.ChangeExtension(file, ".txt")).TrimEnd('\n'));
        }

        return rows;
    }

    public static byte[] ReadRefused(string file) => File.ReadAllBytes(Path.Combine(s_folder, "refused", file));

    public static IReadOnlyList<byte[]> Read(string kind) => [.. Directory.GetFiles(Path.Combine(s_folder, kind)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    internal static FuzzedDocument Draw(string kind, Random random)
    {
        var all = Read(kind);
        return FuzzedDocument.Parse(all[random.Next(all.Count)]);
    }
}
