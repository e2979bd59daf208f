using System.Buffers;
using System.Globalization;
using System.Text;

namespace KataActors.Linux;

/// <summary>
/// Makes text from outside (a guest, QEMU, a caller, a file) fit for logs, terminals, error messages and the journal: one line of bounded length,
/// without characters that are invisible, move the cursor, or reorder their neighbours; such characters are escaped. Printable text is not
/// changed, so a second pass has no effect.
/// </summary>
public static class PrintableText
{
    /// <summary>The default limit, in characters.</summary>
    public const int Longest = 2048;

    private const char Cut = '…';

    /// <summary>The text in at most <paramref name="maximum"/> characters, and an ellipsis where it was cut.</summary>
    public static string Of(string? text, int maximum = Longest)
    {
        var rest = text.AsSpan();
        if (rest.Length <= maximum && IsPrintable(rest))
        {
            return text ?? "";
        }

        var shown = new StringBuilder();
        while (!rest.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf16(rest, out var rune, out var taken) == OperationStatus.Done;
            if (!TryAppend(shown, valid ? Shown(rune) : Escape(rest[0]), maximum))
            {
                break;
            }

            rest = rest[taken..];
        }

        return shown.ToString();
    }

    /// <summary>The same for bytes that should be UTF-8; invalid ones are shown as bytes.</summary>
    public static string Of(ReadOnlySpan<byte> utf8, int maximum = Longest)
    {
        var shown = new StringBuilder();
        while (!utf8.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf8(utf8, out var rune, out var taken) == OperationStatus.Done;
            taken = valid ? taken : 1;
            if (!TryAppend(shown, valid ? Shown(rune) : string.Create(CultureInfo.InvariantCulture, $"\\x{utf8[0]:x2}"), maximum))
            {
                break;
            }

            utf8 = utf8[taken..];
        }

        return shown.ToString();
    }

    private static bool TryAppend(StringBuilder shown, string piece, int maximum)
    {
        var fits = shown.Length + piece.Length <= maximum;
        shown.Append(fits ? piece : Cut.ToString());
        return fits;
    }

    private static bool IsPrintable(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var taken) != OperationStatus.Done || IsHidden(rune))
            {
                return false;
            }

            text = text[taken..];
        }

        return true;
    }

    private static string Shown(Rune rune) => rune.Value switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => IsHidden(rune) ? Escape(rune.Value) : rune.ToString(),
    };

    private static string Escape(int value) =>
        value <= char.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"\\u{value:x4}")
            : string.Create(CultureInfo.InvariantCulture, $"\\U{value:x8}");

    // Format characters include those that change the direction of writing.
    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
        or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned;
}
