using KataActors.Linux;
using KataActors.Linux.Guest;

namespace KataActors.Agent.Setup;

/// <summary>A new time namespace (time_namespaces(7)).</summary>
internal static class TimeNamespace
{
    private const string Kind = "time";

    /// <summary>Whether a spec asks for one.</summary>
    internal static bool IsAskedFor(Protocol.Agent.Linux? linux) => linux?.Namespaces.Any(entry => entry.Type == Kind) == true;

    /// <summary>Sets the clocks of a new namespace and enters it. The process has no other thread.</summary>
    internal static void Enter(Protocol.Agent.Linux linux)
    {
        ProcessImage.Unshare(NamespaceKinds.Time);
        foreach (var (clock, offset) in linux.TimeOffsets)
        {
            KernelFiles.Write("/proc/self/timens_offsets", $"{clock} {offset.Secs} {offset.Nanosecs}\n");
        }

        // Until now it is only that of children.
        using var made = Descriptors.Open("/proc/self/ns/time_for_children", OpenFlags.ReadOnly);
        ProcessImage.Enter(made, NamespaceKinds.Time);
    }
}
