using System.Text;

namespace KataActors.Oci;

/// <summary>Quotes text of unknown origin for an error message: one line, bounded, control characters escaped.</summary>
internal static class Quoted
{
    private const int MaxShown = 80;

    public static string Text(string? text)
    {
        var shown = new StringBuilder("\"");
        foreach (var c in (text ?? "").AsSpan(0, Math.Min(text?.Length ?? 0, MaxShown)))
        {
            if (c is '"' or '\\')
            {
                shown.Append('\\').Append(c);
            }
            else if (char.IsControl(c) || char.IsSurrogate(c))
            {
                shown.Append("\\u").Append(((int)c).ToString("x4"));
            }
            else
            {
                shown.Append(c);
            }
        }

        return shown.Append(text?.Length > MaxShown ? "…\"" : "\"").ToString();
    }
}
