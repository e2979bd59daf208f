using KataActors.Hypervisor;
using KataActors.Linux;

namespace KataActors.Runtime.Teardown;

/// <summary>Ends VMs without an actor, by their uuids.</summary>
internal static class RunningVms
{
    /// <summary>Ends all VMs of these uuids on this host. A failure does not stop the others.</summary>
    /// <param name="uuids">QEMU's uuids.</param>
    /// <param name="qemuPath">The QEMU program.</param>
    /// <exception cref="IOException">A VM could not be ended, or its end is uncertain.</exception>
    public static Task EndAsync(IEnumerable<Guid> uuids, string qemuPath) => EndAsync(uuids, uuid => VmmFinder.EndAsync(uuid, qemuPath));

    /// <inheritdoc cref="EndAsync(IEnumerable{Guid}, string)"/>
    /// <param name="uuids">QEMU's uuids.</param>
    /// <param name="end">Ends one of them.</param>
    internal static async Task EndAsync(IEnumerable<Guid> uuids, Func<Guid, Task> end)
    {
        List<Exception> failures = [];
        foreach (var uuid in uuids)
        {
            try
            {
                await end(uuid).ConfigureAwait(false);
            }
            catch (Exception e) when (e is TimeoutException or IOException or LinuxException)
            {
                failures.Add(e);
            }
        }

        if (failures.Count > 0)
        {
            throw new IOException(string.Join("; ", failures.Select(failure => failure.Message)), failures[0]);
        }
    }
}
