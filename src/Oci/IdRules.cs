namespace KataActors.Oci;

/// <summary>The rules that container ids and sandbox ids share: runc's character set, 1 to 1024 characters.</summary>
internal static class IdRules
{
    public const int MaxLength = 1024;

    /// <summary>Returns null for a valid id, else a sentence that names the id and the error.</summary>
    public static string? Check(string kind, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return $"{kind} is empty";
        }

        if (text.Length > MaxLength)
        {
            return $"{kind} {Quoted.Text(text)} is invalid: {text.Length} characters, at most {MaxLength} are allowed";
        }

        if (text is "." or "..")
        {
            return $"{kind} {Quoted.Text(text)} is invalid: it is a directory reference";
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '+' or '.' or '-'))
            {
                return $"{kind} {Quoted.Text(text)} is invalid: only letters, digits and \"_+-.\" are allowed";
            }
        }

        return null;
    }
}
