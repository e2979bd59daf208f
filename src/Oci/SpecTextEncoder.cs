using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace KataActors.Oci;

/// <summary>
/// Escapes only what a JSON string cannot hold (section 7 of RFC 8259). The encoders of .NET always escape the characters beyond U+FFFF, too, with three
/// times their bytes.
/// </summary>
internal sealed unsafe class SpecTextEncoder : JavaScriptEncoder
{
    public static readonly SpecTextEncoder Instance = new();

    private SpecTextEncoder()
    {
    }

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => UnsafeRelaxedJsonEscaping.MaxOutputCharactersPerInputCharacter;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < ' ' or '"' or '\\';

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncode(char* text, int textLength)
    {
        // SAFETY: the caller gives a text of that length.
        var all = new ReadOnlySpan<char>(text, textLength);
        for (var at = 0; at < all.Length;)
        {
            if (Rune.DecodeFromUtf16(all[at..], out var scalar, out var length) != OperationStatus.Done || WillEncode(scalar.Value))
            {
                return at;
            }

            at += length;
        }

        return -1;
    }

    /// <inheritdoc/>
    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
        UnsafeRelaxedJsonEscaping.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);
}
