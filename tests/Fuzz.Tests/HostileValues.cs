namespace KataActors.Fuzz.Tests;

/// <summary>JSON values that programs like to get wrong, as text.</summary>
internal static class HostileValues
{
    public static readonly string[] Small =
    [
        "null", "true", "false", "0", "-0", "1", "-1", "1.5", "1e2", "1E-2", "1e400", "-1e400", "2147483648", "4294967295", "4294967296", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
        "100000000000000000000000000000000000000000", "01", "+1", "NaN", "0x10",
        "\"\"", "\" \"", "\"\\u0000\"", "\"/a\\u0000b\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u202e\\u0007\\u001b[2J\"", "\"\u00e9\u6f22\u0301\"", "\"\\n\"",
        "\"/\"", "\"//\"", "\"..\"", "\"../../etc\"", "\"/proc/self/root/../..\"", "\".\"", "\"%s%n\"", "\"1\"", "\"true\"", "\"-1\"", "\"0-99999999\"", "\"=\"", "\"A\"",
        "[]", "[null]", "[[]]", "[\"\"]", "[0]", "[{}]", "{}", "{\"\":null}", "{\"\":\"\"}", "{\"a\":1}", "{\"a\":null}", "{\"a\":{}}", "{\"a\\u0000\":\"b\"}", "{\"\\u202e\":1}",
        "\"unterminated", "[1", "{\"a\"", "",
    ];

    private static readonly Func<string>[] s_large =
    [
        () => Quote(new string('x', 100_000)),
        () => Quote(string.Concat(Enumerable.Repeat("/a", 5000))),
        () => Quote(string.Concat(Enumerable.Repeat("0-8191,", 3000))),
        () => Quote(string.Concat(Enumerable.Repeat("\u6f22", 3000))),
        () => Nested("[", "]", 20),
        () => Nested("[", "]", 61),
        () => Nested("{\"a\":", "}", 62, "1"),
        () => Nested("[", "]", 5000),
        () => $"[{string.Join(',', Enumerable.Repeat("\"/a\"", 5000))}]",
        () => $"[{string.Join(',', Enumerable.Repeat("{}", 5000))}]",
        () => $"[{string.Join(',', Enumerable.Repeat("0", 510_000))}]",
        () => $"{{{string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"k{i}\":\"v\""))}}}",
        () => $"{{{Quote(new string('k', 100_000))}:1}}",
    ];

    /// <summary>A small value mostly, sometimes a large one.</summary>
    public static string Draw(Random random) => random.Next(12) == 0 ? s_large[random.Next(s_large.Length)]() : Small[random.Next(Small.Length)];

    private static string Quote(string text) => $"\"{text}\"";

    private static string Nested(string open, string close, int depth, string inner = "") =>
        string.Concat(Enumerable.Repeat(open, depth)) + inner + string.Concat(Enumerable.Repeat(close, depth));
}
