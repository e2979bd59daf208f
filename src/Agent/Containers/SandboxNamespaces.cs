using System.Runtime.InteropServices;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>
/// The namespaces that all containers of the sandbox share: ipc and uts always, as the containers of a pod do (a single container sees no
/// difference). The network is the guest's own.
/// </summary>
internal sealed class SandboxNamespaces : IDisposable
{
    private readonly SafeFileHandle _ipc;
    private readonly SafeFileHandle _uts;

    private SandboxNamespaces(SafeFileHandle ipc, SafeFileHandle uts)
    {
        _ipc = ipc;
        _uts = uts;
    }

    /// <summary>New namespaces, kept by descriptors alone.</summary>
    internal static SandboxNamespaces Create() => NamespaceThread.Run(
        () => new SandboxNamespaces(Open("/proc/thread-self/ns/ipc"), Open("/proc/thread-self/ns/uts")),
        NamespaceEntry.Unshare(NamespaceKinds.Ipc | NamespaceKinds.Uts));

    /// <summary>The steps into a new container's namespaces, with a pid namespace of its own.</summary>
    internal NamespaceEntry[] Entries() => [.. Shared, NamespaceEntry.Unshare(NamespaceKinds.Pid)];

    /// <summary>The steps into the namespaces of a container that runs.</summary>
    /// <param name="process">The pidfd of its first process.</param>
    internal NamespaceEntry[] EntriesOf(SafeHandle process) => [.. Shared, NamespaceEntry.Enter(process, NamespaceKinds.Pid)];

    public void Dispose()
    {
        _ipc.Dispose();
        _uts.Dispose();
    }

    private NamespaceEntry[] Shared => [NamespaceEntry.Enter(_ipc, NamespaceKinds.Ipc), NamespaceEntry.Enter(_uts, NamespaceKinds.Uts)];

    private static SafeFileHandle Open(string path) => Descriptors.Open(path, OpenFlags.ReadOnly);
}
