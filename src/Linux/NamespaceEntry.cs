using System.Runtime.InteropServices;

namespace KataActors.Linux;

/// <summary>The kinds of namespaces(7), with the bits of linux/sched.h.</summary>
[Flags]
public enum NamespaceKinds
{
    None = 0,
    Time = 0x0000_0080,
    Mount = 0x0002_0000,
    Cgroup = 0x0200_0000,
    Uts = 0x0400_0000,
    Ipc = 0x0800_0000,
    User = 0x1000_0000,
    Pid = 0x2000_0000,
    Network = 0x4000_0000,
}

/// <summary>One step of a <see cref="NamespaceThread"/> into its namespaces. The steps are taken in the given order.</summary>
public sealed record NamespaceEntry
{
    private NamespaceEntry(NamespaceKinds kinds, SafeHandle? handle)
    {
        Kinds = kinds;
        Handle = handle;
    }

    /// <summary>The kinds to create or enter.</summary>
    public NamespaceKinds Kinds { get; }

    /// <summary>The namespace (or the process that lives in it) to enter; null when new ones are created.</summary>
    public SafeHandle? Handle { get; }

    /// <summary>New namespaces of these kinds (unshare(2)).</summary>
    public static NamespaceEntry Unshare(NamespaceKinds kinds) => new(kinds, null);

    /// <summary>
    /// The namespace of a descriptor of /proc/PID/ns/*, or the namespaces of the process of a <see cref="Pidfd.Handle"/>
    /// (setns(2)). The caller keeps the descriptor open until the thread has ended.
    /// </summary>
    public static NamespaceEntry Enter(SafeHandle handle, NamespaceKinds kinds) => new(kinds, handle);
}
