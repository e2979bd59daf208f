using System.Runtime.InteropServices;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>
/// The namespaces that all containers of the sandbox share: ipc and uts always, as the containers of a pod do (a single container sees no
/// difference); pid when the host asks for it. The network is the guest's own.
/// </summary>
internal sealed class SandboxNamespaces : IDisposable
{
    private readonly SafeFileHandle _ipc;
    private readonly SafeFileHandle _uts;
    private SafeFileHandle? _pid;

    private SandboxNamespaces(SafeFileHandle ipc, SafeFileHandle uts)
    {
        _ipc = ipc;
        _uts = uts;
    }

    /// <summary>New namespaces, kept by descriptors alone.</summary>
    internal static SandboxNamespaces Create() => NamespaceThread.Run(
        () => new SandboxNamespaces(Open("/proc/thread-self/ns/ipc"), Open("/proc/thread-self/ns/uts")),
        NamespaceEntry.Unshare(NamespaceKinds.Ipc | NamespaceKinds.Uts));

    /// <summary>True once a container has offered its pid namespace.</summary>
    internal bool OffersPid => _pid is not null;

    /// <summary>The steps into a new container's namespaces; a shared pid namespace is that of the first container that asked for one.</summary>
    internal NamespaceEntry[] Entries(bool sharedPid) =>
    [
        NamespaceEntry.Enter(_ipc, NamespaceKinds.Ipc),
        NamespaceEntry.Enter(_uts, NamespaceKinds.Uts),
        sharedPid && _pid is { } pid ? NamespaceEntry.Enter(pid, NamespaceKinds.Pid) : NamespaceEntry.Unshare(NamespaceKinds.Pid),
    ];

    /// <summary>The steps into the namespaces of a container that runs.</summary>
    /// <param name="process">The pidfd of its first process.</param>
    internal NamespaceEntry[] EntriesOf(SafeHandle process) =>
    [
        NamespaceEntry.Enter(_ipc, NamespaceKinds.Ipc),
        NamespaceEntry.Enter(_uts, NamespaceKinds.Uts),
        NamespaceEntry.Enter(process, NamespaceKinds.Pid),
    ];

    /// <summary>Offers a container's pid namespace to later containers that share one.</summary>
    internal void OfferPid(int pid) => _pid ??= Open($"/proc/{pid}/ns/pid");

    public void Dispose()
    {
        _ipc.Dispose();
        _uts.Dispose();
        _pid?.Dispose();
    }

    private static SafeFileHandle Open(string path) => Descriptors.Open(path, OpenFlags.ReadOnly);
}
