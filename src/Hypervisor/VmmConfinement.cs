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

    /// <summary>For the thread that spawns the VMM and then ends; the last step before the spawn.</summary>
    internal void TakeOnThread()
    {
        StartConditions.TakeOnThread(Warn);
        // Inherited, because QEMU sizes its threads' stacks and its cache of open files by them at its start.
        WarnUnless(ProcessResource.Stack, StartConditions.Stack);
        WarnUnless(ProcessResource.OpenFiles, StartConditions.OpenFiles);
        ThreadCredentials.SetNoNewPrivileges();
        ThreadCredentials.LimitBounding(Capabilities, ThreadCredentials.ReadLastCapability());
        ThreadCredentials.TrySetAmbient(0);
        var kept = ThreadCredentials.PermittedCapabilities() & Capabilities;
        ThreadCredentials.SetCapabilities(kept, kept, 0);
    }

    /// <summary>For a VMM that was just spawned.</summary>
    internal void Give(int pid)
    {
        StartConditions.Give(pid, Warn);
        var files = ProcessLimits.Get(pid, ProcessResource.OpenFiles).Soft;
        ProcessLimits.Set(pid, ProcessResource.OpenFiles, files, files);
    }

    private void WarnUnless(ProcessResource resource, ulong usual)
    {
        var (soft, _) = ProcessLimits.Get(0, resource);
        if (soft < usual)
        {
            Warn($"the limit of {resource} cannot be raised to {usual}: it is {soft}");
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
