namespace KataActors.Model;

/// <summary>How a container ended.</summary>
/// <param name="Code">Exit code, or 128 + signal.</param>
/// <param name="Reason">Why, when the process did not end by itself; else empty.</param>
public sealed record ContainerExit(int Code, string Reason);
