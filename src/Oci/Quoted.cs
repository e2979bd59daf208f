using System.Globalization;
using System.Text;

namespace KataActors.Oci;

/// <summary>Quotes text of unknown origin for an error message: one line, bounded, invisible characters escaped.</summary>
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
            else if (char.IsSurrogate(c) || IsHidden(new Rune(c)))
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

    /// <summary>Whether a character acts on a terminal, changes the direction of writing, or is invisible.</summary>
    public static bool IsHidden(Rune character) => Rune.GetUnicodeCategory(character) is UnicodeCategory.Control
        or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned;
}
