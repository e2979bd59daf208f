using System.Reflection;

namespace KataActors.Runtime;

/// <summary>What this program is.</summary>
internal static class Product
{
    /// <summary>Version of the release.</summary>
    public static string Version { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
