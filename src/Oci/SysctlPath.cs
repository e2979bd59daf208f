namespace KataActors.Oci;

/// <summary>The places of kernel parameters below /proc/sys.</summary>
public static class SysctlPath
{
    /// <summary>
    /// The place of a parameter, such as <c>net/ipv4/ip_forward</c>. As in sysctl(8) the first separator of the name separates: dots, where a slash stands
    /// for a dot of a part, or slashes.
    /// </summary>
    public static string Of(string name) => name.IndexOfAny(['.', '/']) is >= 0 and var first && name[first] == '/' ? name : Exchange(name);

    /// <summary>A place with dots between its parts.</summary>
    internal static string Dotted(string path) => Exchange(path);

    private static string Exchange(string text) => string.Create(text.Length, text, (exchanged, original) =>
    {
        for (var i = 0; i < original.Length; i++)
        {
            exchanged[i] = original[i] switch { '.' => '/', '/' => '.', var other => other };
        }
    });
}
