namespace KataActors.Bench;

/// <summary>How long anything may take before it counts as not measurable.</summary>
internal static class Limits
{
    public static readonly TimeSpan Command = TimeSpan.FromSeconds(300);
    public static readonly TimeSpan Boot = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan Call = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Stream = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);
}
