namespace KataActors.Cgroups;

/// <summary>Converts the weights of the two versions.</summary>
internal static class CpuWeight
{
    internal const long DefaultShares = 1024;
    internal const long Default = 100;
    private const long LeastShares = 2;
    private const long MostShares = 262_144;

    /// <summary>Shares within the kernel's bounds.</summary>
    internal static long Clamp(long shares) => Math.Clamp(shares, LeastShares, MostShares);

    /// <summary>The weight of version 2, 1 to 10000, by the formula of the OCI runtimes, which maps the ends of both ranges to each other.</summary>
    internal static long FromShares(long? shares) =>
        shares is { } given ? 1 + ((Clamp(given) - LeastShares) * 9_999 / (MostShares - LeastShares)) : Default;
}
