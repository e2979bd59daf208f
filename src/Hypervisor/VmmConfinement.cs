using KataActors.Linux;
using KataActors.Linux.Guest;

namespace KataActors.Hypervisor;

/// <summary>
/// The confinement of a VMM: fixed limits and priorities, independent of the daemon's starter, and no more rights than its file server needs. A limit or priority that
/// may not be set is one warning, and the VMM runs nevertheless; without the removal of its rights it does not run.
/// </summary>
internal sealed class VmmConfinement(Action<string> warn)
{
    // CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID: for the containers' file operations.
    private const ulong Capabilities = 0x1f;

    private readonly HashSet<string> _told = [];

    /// <summary>
    /// For the thread that spawns the VMM and then ends; the last step before the spawn. The thread is inside of the VMM's namespaces, so it warns of nothing.
    /// </summary>
    /// <param name="unmet">Gets what to warn of.</param>
    internal static void TakeOnThread(ICollection<string> unmet)
    {
        StartConditions.TakeOnThread(unmet.Add);
        // Inherited, because QEMU sizes its threads' stacks and its cache of open files by them at its start.
        Demand(ProcessResource.Stack, StartConditions.Stack, unmet);
        Demand(ProcessResource.OpenFiles, StartConditions.OpenFiles, unmet);
        ThreadCredentials.SetNoNewPrivileges();
        ThreadCredentials.LimitBounding(Capabilities, ThreadCredentials.ReadLastCapability());
        ThreadCredentials.TrySetAmbient(0);
        var kept = ThreadCredentials.PermittedCapabilities() & Capabilities;
        ThreadCredentials.SetCapabilities(kept, kept, 0);
    }

    /// <summary>For a VMM that was just spawned.</summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="unmet">What <see cref="TakeOnThread"/> has found.</param>
    internal void Give(int pid, IEnumerable<string> unmet)
    {
        foreach (var condition in unmet)
        {
            Warn(condition);
        }

        StartConditions.Give(pid, Warn);
        var files = ProcessLimits.Get(pid, ProcessResource.OpenFiles).Soft;
        ProcessLimits.Set(pid, ProcessResource.OpenFiles, files, files);
    }

    private static void Demand(ProcessResource resource, ulong usual, ICollection<string> unmet)
    {
        var (soft, _) = ProcessLimits.Get(0, resource);
        if (soft < usual)
        {
            unmet.Add($"the limit of {resource} cannot be raised to {usual}: it is {soft}");
        }
    }

    private void Warn(string unmet)
    {
        bool isNew;
        lock (_told)
        {
            isNew = _told.Add(unmet);
        }

        if (isNew)
        {
            warn($"QEMU runs without its usual start conditions: {unmet}");
        }
    }
}
