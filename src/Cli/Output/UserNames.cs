using System.Globalization;

namespace KataActors.Cli.Output;

/// <summary>Names of users by /etc/passwd: no name service, which a small static program cannot load.</summary>
internal static class UserNames
{
    private const int MaxBytes = 1024 * 1024;

    /// <summary>The user's name, or <c>#uid</c>.</summary>
    public static string Find(uint uid, string passwd = "/etc/passwd")
    {
        try
        {
            if (new FileInfo(passwd).Length <= MaxBytes)
            {
                foreach (var line in File.ReadLines(passwd))
                {
                    if (line.Split(':') is [{ Length: > 0 } name, _, var number, ..]
                        && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var candidate) && candidate == uid)
                    {
                        return name;
                    }
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Falls back to the number.
        }

        return $"#{uid}";
    }
}
