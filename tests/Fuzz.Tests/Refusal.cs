using KataActors.Linux;

namespace KataActors.Fuzz.Tests;

/// <summary>What every refusal of a document must be: one short line that people can read, with the document, the field and the cause.</summary>
internal static class Refusal
{
    private const int Longest = 1500;

    // Errors of the document as a whole, which has no fields yet.
    private static readonly string[] s_ofTheWhole =
        ["not JSON", "not a JSON object", "larger than ", "more than ", "nested deeper than ", "a string in line "];

    public static void Check(string message, string document, FuzzedDocument input, params string[] otherNames)
    {
        Assert.StartsWith($"{document}: ", message, StringComparison.Ordinal);
        Assert.True(message.Length <= Longest, $"{message.Length} characters: {message[..Math.Min(message.Length, 200)]}");
        Assert.Equal(message, PrintableText.Of(message, int.MaxValue));
        var rest = message[(document.Length + 2)..];
        if (input.IsStructured
            && !s_ofTheWhole.Any(start => rest.StartsWith(start, StringComparison.Ordinal))
            && !input.Fields.Concat(otherNames).Any(name => rest.Contains(name, StringComparison.Ordinal)))
        {
            Assert.Fail($"names none of {string.Join(", ", input.Fields)}: {message}");
        }
    }
}
