using KataActors.Linux;

namespace KataActors.Agent.Setup;

/// <summary>Kernel parameters of the namespaces that the calling thread is in.</summary>
internal static class Sysctls
{
    private const string Folder = "/proc/sys/";

    /// <summary>Whether a name, in dots or as a path, stays below the folder of parameters.</summary>
    internal static bool IsName(string name) => name.Length > 0 && !name.Contains('\0') && !$"/{Path(name)}/".Contains("/../", StringComparison.Ordinal);

    /// <summary>Sets a parameter, by the guest's own /proc.</summary>
    internal static void Set(string name, string value) => KernelFiles.Write(Folder + Path(name), value);

    private static string Path(string name) => name.Contains('/') ? name : name.Replace('.', '/');
}
