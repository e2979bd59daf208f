using System.Globalization;

namespace KataActors.Oci;

/// <summary>The list format of cpuset(7), such as <c>0-2,7</c>.</summary>
internal static class NumberList
{
    private const int MaxNumbers = 8_192;

    public static void Check(string field, string? list)
    {
        foreach (var range in (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-').Select(end => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToArray();
            if (ends.Length > 2 || ends[0] < 0 || ends[^1] < ends[0] || ends[^1] >= MaxNumbers)
            {
                throw SpecException.Invalid(field, $"{Quoted.Text(list)} is not a list of numbers such as 0-2,4");
            }
        }
    }
}
