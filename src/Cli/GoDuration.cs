using System.Globalization;
using System.Text.RegularExpressions;

namespace KataActors.Cli;

/// <summary>Durations as runc's flags take them, by Go's time.ParseDuration: <c>5s</c>, <c>1m30s</c>, <c>1.5h</c>.</summary>
internal static partial class GoDuration
{
    private static readonly Dictionary<string, double> s_seconds = new()
    {
        ["ns"] = 1e-9, ["us"] = 1e-6, ["µs"] = 1e-6, ["ms"] = 1e-3, ["s"] = 1, ["m"] = 60, ["h"] = 3600,
    };

    /// <summary>The duration; null for any other text, and for one of more than some centuries.</summary>
    public static TimeSpan? TryParse(string text)
    {
        if (Whole().Match(text) is not { Success: true } match)
        {
            return text.TrimStart('+', '-') == "0" ? TimeSpan.Zero : null;
        }

        var seconds = match.Groups["number"].Captures
            .Zip(match.Groups["unit"].Captures, (number, unit) => double.Parse(number.Value, CultureInfo.InvariantCulture) * s_seconds[unit.Value])
            .Sum();
        return seconds > TimeSpan.MaxValue.TotalSeconds / 2 ? null : TimeSpan.FromSeconds(text.StartsWith('-') ? -seconds : seconds);
    }

    [GeneratedRegex(@"^[-+]?((?<number>[0-9]+(\.[0-9]*)?|\.[0-9]+)(?<unit>ns|us|µs|ms|s|m|h))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}
