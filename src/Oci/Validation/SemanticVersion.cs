namespace KataActors.Oci;

/// <summary>The syntax of Semantic Versioning 2.0.0: <c>1.0.2-rc.1+build</c>. (Without regular expressions, which would enlarge the program.)</summary>
internal static class SemanticVersion
{
    private const int MaxLength = 256;
    private const int MaxDigits = 9;

    public static bool IsValid(string text)
    {
        if (text.Length > MaxLength)
        {
            return false;
        }

        var (beforeBuild, build) = Split(text, '+');
        var (core, prerelease) = Split(beforeBuild, '-');
        var numbers = core.Split('.');
        return numbers.Length == 3 && numbers.All(IsNumber) && (prerelease is null || IsLabel(prerelease)) && (build is null || IsLabel(build));
    }

    private static (string Before, string? After) Split(string text, char separator) =>
        text.IndexOf(separator) is >= 0 and var at ? (text[..at], text[(at + 1)..]) : (text, null);

    private static bool IsNumber(string text) =>
        text.Length is > 0 and <= MaxDigits && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0');

    private static bool IsLabel(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-');
}
