using KataActors.Linux;
using KataActors.Linux.Guest;

namespace KataActors.Hypervisor;

/// <summary>
/// What a VMM has of the host: stated values, whoever started the daemon, and no more rights than its file server needs. What may not be set is named once, and the
/// VMM runs nevertheless; its rights are taken away, or it does not run.
/// </summary>
internal sealed class VmmConfinement(Action<string> warn)
{
    // CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID: for what containers do to files.
    private const ulong Capabilities = 0x1f;

    private readonly HashSet<string> _told = [];

    /// <summary>On the thread that spawns the VMM and then ends, when all else is done there.</summary>
    internal void TakeOnThread()
    {
        StartConditions.TakeOnThread(Warn);
        // QEMU sizes its threads' stacks and its cache of open files by them when it begins, so it inherits them.
        WarnUnless(ProcessResource.Stack, StartConditions.Stack);
        WarnUnless(ProcessResource.OpenFiles, StartConditions.OpenFiles);
        ThreadCredentials.SetNoNewPrivileges();
        ThreadCredentials.LimitBounding(Capabilities, ThreadCredentials.ReadLastCapability());
        ThreadCredentials.TrySetAmbient(0);
        var kept = ThreadCredentials.PermittedCapabilities() & Capabilities;
        ThreadCredentials.SetCapabilities(kept, kept, 0);
    }

    /// <summary>When the VMM was just spawned.</summary>
    internal void Give(int pid)
    {
        StartConditions.Give(pid, Warn);
        ProcessLimits.TrySet(pid, ProcessResource.Stack, StartConditions.Stack, StartConditions.Stack);
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
        bool isNews;
        lock (_told)
        {
            isNews = _told.Add(unmet);
        }

        if (isNews)
        {
            warn($"QEMU does not run under the conditions that it should: {unmet}");
        }
    }
}
