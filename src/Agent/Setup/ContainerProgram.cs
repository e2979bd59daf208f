using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>The program of a container's process and its credentials. Its execve(2) is the last step in managed code.</summary>
internal sealed class ContainerProgram
{
    private const uint DefaultUmask = 0x12;

    private readonly Process _process;
    private readonly User _user;
    private readonly int _lastCapability;
    private readonly ulong _bounding;
    private readonly ulong _effective;
    private readonly ulong _permitted;
    private readonly ulong _inheritable;
    private readonly ulong _ambient;
    private readonly List<string> _environment;
    private readonly ExecutableLookup _lookup;
    private readonly HeldFolder _held = new();
    private string? _found;
    private bool _isInUserNamespace;

    internal ContainerProgram(Process process, int lastCapability)
    {
        _process = process;
        _user = process.User ?? new User();
        _environment = [.. process.Env];
        _lookup = new ExecutableLookup(path => ProcessImage.Execute(path, process.Args, _environment), Check);
        _lastCapability = lastCapability;
        var sets = process.Capabilities ?? new LinuxCapabilities();
        _bounding = Mask(sets.Bounding);
        _effective = Mask(sets.Effective);
        _permitted = Mask(sets.Permitted);
        _inheritable = Mask(sets.Inheritable);
        _ambient = Mask(sets.Ambient);
    }

    /// <summary>The master of its terminal, which is closed when the program is executed; null without a terminal.</summary>
    internal SafeFileHandle? Terminal { get; set; }

    /// <summary>Whether it looks for the program before its start, because that takes long on a shared file system.</summary>
    internal bool LooksAhead { get; init; }

    /// <summary>What runs right before the program; null for nothing.</summary>
    internal Hooks? Hooks { get; init; }

    /// <summary>Sets the process's readiness to be killed for memory, by the guest's /proc.</summary>
    internal void SetOomScore()
    {
        if (_process.OOMScoreAdj != 0)
        {
            KernelFiles.Write("/proc/self/oom_score_adj", $"{_process.OOMScoreAdj}");
        }
    }

    /// <summary>Does what a user namespace has no right to: it raises resource limits. The agent has given the streams to the user.</summary>
    internal void PrepareForUserNamespace()
    {
        ResourceLimits.Apply(_process.Rlimits);
        _isInUserNamespace = true;
    }

    /// <summary>Reads the user's home folder from the container's root.</summary>
    internal void PrepareIn(RootedPath root)
    {
        if (!_environment.Exists(entry => entry.StartsWith("HOME=", StringComparison.Ordinal)))
        {
            _environment.Add($"HOME={HomeFolder.Find(root, _user.UID)}");
        }
    }

    /// <summary>Sets when the process runs and accesses disks, and the execution domain of its program.</summary>
    internal void SetScheduling()
    {
        if (_process.Scheduler is { } scheduler)
        {
            ThreadScheduling.Set(
                scheduler.Policy, scheduler.Nice, scheduler.Priority, scheduler.Flags, scheduler.Runtime, scheduler.Deadline, scheduler.Period);
        }

        if (_process.IOPriority != 0)
        {
            ThreadScheduling.SetIoPriority(_process.IOPriority);
        }

        if (_process.Personality != 0)
        {
            ProcessImage.SetPersonality(_process.Personality);
        }
    }

    /// <summary>Takes the user and the working directory. As in runc the process has them before it is started.</summary>
    internal void TakeIdentity()
    {
        if (!_isInUserNamespace)
        {
            ResourceLimits.Apply(_process.Rlimits);

            // The agent has opened the streams; the user must own them to open them by name.
            ProcessImage.GiveStandardStreams(_user.UID);
        }

        if (_process.NoNewPrivileges)
        {
            ThreadCredentials.SetNoNewPrivileges();
        }

        // The working directory may be accessible to root only, or to the user only.
        var entered = TryEnterWorkingDirectory();
        ThreadCredentials.LimitBounding(_bounding, _lastCapability);
        ThreadCredentials.KeepCapabilities(true);
        ThreadCredentials.SetGroups([.. _user.AdditionalGids]);
        ThreadCredentials.SetIdentity(_user.UID, _user.GID);
        ThreadCredentials.KeepCapabilities(false);
        if (!entered)
        {
            EnterWorkingDirectory();
        }

        // .NET ignores SIGPIPE, and execve(2) keeps a signal ignored.
        Signals.ResetToDefault(Signals.SIGPIPE);
        ProcessImage.SetUmask(_user.HasUmask ? _user.Umask : DefaultUmask);
        if (LooksAhead)
        {
            _found = ExecutableLookup.Find(_process.Args[0], _environment, path => _held.TryHold(path) && Check(path) == 0);
        }
    }

    /// <summary>Takes the capabilities and becomes the program; returns only by throwing.</summary>
    internal void Execute()
    {
        // As late as possible: few further calls should need the filter's leave. Without "no new privileges" it takes a capability.
        var isFiltered = !_process.NoNewPrivileges && _process.Filter is not null;
        if (isFiltered)
        {
            // A change of user has taken them from the effective set.
            var permitted = ThreadCredentials.PermittedCapabilities();
            ThreadCredentials.SetCapabilities(permitted, permitted, inheritable: 0);
            LoadFilter();
        }

        try
        {
            TakeCapabilities();
        }
        catch (LinuxException failure) when (isFiltered)
        {
            throw Failures.Invalid($"{failure.Message}: without noNewPrivileges, linux.seccomp has to allow {failure.Call}");
        }

        if (_process.NoNewPrivileges)
        {
            LoadFilter();
        }

        if (Hooks is not null)
        {
            StartHooks.Run(Hooks);
        }

        throw _lookup.Execute(_process.Args[0], _environment, _found);
    }

    private void TakeCapabilities()
    {
        ThreadCredentials.SetCapabilities(_effective, _permitted, _inheritable);
        if (!ThreadCredentials.TrySetAmbient(_ambient))
        {
            KernelLog.Warn("some ambient capabilities are not both permitted and inheritable, and are ignored");
        }
    }

    private static int Check(string path) => ProcessImage.CheckExecutable(path) ?? (Directory.Exists(path) ? Errno.EISDIR : 0);

    private void LoadFilter()
    {
        if (_process.Filter is { } filter)
        {
            SystemCallFilters.Load(filter.Program.Span, filter.Flags);
        }
    }

    private bool TryEnterWorkingDirectory()
    {
        try
        {
            EnterWorkingDirectory();
            return true;
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EACCES or Errno.EPERM)
        {
            return false;
        }
    }

    private void EnterWorkingDirectory()
    {
        ProcessImage.ChangeDirectory(_process.Cwd);
        if (!ProcessImage.IsDirectoryBelowRoot())
        {
            // The container's own link; this process may still follow it where the container may not.
            throw new LinuxException(Errno.EXDEV, "chdir", _process.Cwd, "leads out of the container");
        }
    }

    private ulong Mask(IEnumerable<string> names) =>
        CapabilityNames.Mask(names, _lastCapability, name => KernelLog.Warn($"capability \"{name}\" is unknown and ignored"));
}
