namespace KataActors.Fuzz.Tests;

/// <summary>Small changes of a text.</summary>
internal static class TextChanges
{
    private static readonly string[] s_pieces = ["\0", "/", "..", "=", " ", "\n", "\u202e", "\u0007", "\u00e9", "\U0001f600", "-", "0", ",", ":", "%s", "\"", "\\"];

    public static string Apply(string text, Random random)
    {
        var at = random.Next(text.Length + 1);
        return random.Next(6) switch
        {
            0 => text[..at],
            1 => text[at..],
            2 => text.ToUpperInvariant(),
            3 => string.Concat(Enumerable.Repeat(text, random.Next(2, 2000 / (text.Length + 1) * 2 + 3))),
            _ => text.Insert(at, s_pieces[random.Next(s_pieces.Length)]),
        };
    }
}
