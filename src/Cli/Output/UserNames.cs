using System.Globalization;

namespace KataActors.Cli.Output;

/// <summary>Names of users by a file such as /etc/passwd, which is read once: no name service, which a small static program cannot load.</summary>
internal sealed class UserNames(string passwd)
{
    private const int MaxBytes = 1024 * 1024;

    private Dictionary<uint, string>? _names;

    /// <summary>The host's.</summary>
    public static UserNames Host { get; } = new("/etc/passwd");

    /// <summary>The user's name, or <c>#uid</c>.</summary>
    public string Find(uint uid) => (_names ??= Read(passwd)).TryGetValue(uid, out var name) ? name : $"#{uid}";

    // The first line of a number counts. Names fall back to numbers where the file cannot be read.
    private static Dictionary<uint, string> Read(string passwd)
    {
        var names = new Dictionary<uint, string>();
        try
        {
            foreach (var line in new FileInfo(passwd).Length <= MaxBytes ? File.ReadLines(passwd) : [])
            {
                if (line.Split(':') is [{ Length: > 0 } name, _, var number, ..]
                    && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var uid))
                {
                    names.TryAdd(uid, name);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            names.Clear();
        }

        return names;
    }
}
