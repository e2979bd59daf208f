using System.Runtime.InteropServices;

namespace KataActors.Linux;

/// <summary>Network namespaces in which there is nothing.</summary>
public static class IsolatedNetwork
{

    /// <summary>A new one. It lives as long as the descriptor, or a process in it.</summary>
    public static async Task<SafeHandle> CreateAsync(TimeSpan timeout) =>
        await NamespaceThread.RunAsync(
            () => Descriptors.Open("/proc/thread-self/ns/net", OpenFlags.ReadOnly), timeout, NamespaceEntry.Unshare(NamespaceKinds.Network)).ConfigureAwait(false);
}
