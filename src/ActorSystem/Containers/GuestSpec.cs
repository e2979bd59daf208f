using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Storage;

namespace KataActors.Runtime.Containers;

/// <summary>Turns an OCI specification into the agent's form: with the guest's paths, and without the parts that the host carries out itself.</summary>
internal static class GuestSpec
{
    private const long NoQuota = -1;
    private const long AnyDevice = -1;

    // PER_LINUX32 of sys/personality.h
    private const uint Linux32 = 8;
    private const uint CharacterDevice = 0x2000;
    private const uint Permissions = 0xfff;
    private const uint ReadWriteForAll = 0x1b6;
    private const uint RemoveTimeoutSeconds = 5;
    private const long DefaultSharedMemoryBytes = 64 * 1024 * 1024;

    /// <summary>The request that removes a container from the guest, in any state.</summary>
    public static RemoveContainerRequest RemoveRequest(string guestId) => new() { ContainerId = guestId, Timeout = RemoveTimeoutSeconds };

    /// <summary>The request that creates the container in the guest.</summary>
    /// <param name="spec">Its specification.</param>
    /// <param name="guestId">Its id in the guest.</param>
    /// <param name="filter">The filter of its processes' system calls; null for none.</param>
    /// <param name="pidOwner">The container whose pid namespace it shares, by its id in the guest; null for a namespace of its own.</param>
    /// <param name="sharedMemoryBytes">The size of the file system on <c>/dev/shm</c>; 0 for the engines' default. The sandbox's first container sets it.</param>
    public static CreateContainerRequest CreateRequest(
        RuntimeSpec spec, string guestId, SystemCallFilter? filter = null, string? pidOwner = null, long sharedMemoryBytes = 0)
    {
        var request = new CreateContainerRequest { ContainerId = guestId, ExecId = guestId, OCI = Build(spec, guestId), PidNamespaceOf = pidOwner ?? "" };
        request.OCI.Process.Filter = filter;
        request.Storages.AddRange(spec.Mounts.Where(MountPlan.IsEphemeral).Select(mount => new Protocol.Agent.Storage
        {
            Driver = "ephemeral",
            Source = "tmpfs",
            Fstype = "tmpfs",
            MountPoint = GuestPaths.EphemeralVolume(mount.Source!),
        }));
        if (spec.Mounts.Any(mount => mount.IsSharedMemory))
        {
            request.Storages.Add(new Protocol.Agent.Storage
            {
                Driver = "ephemeral",
                Source = "shm",
                Fstype = "tmpfs",
                MountPoint = GuestPaths.SharedMemory,
                Options = { "nosuid", "noexec", "nodev", "mode=1777", $"size={(sharedMemoryBytes > 0 ? sharedMemoryBytes : DefaultSharedMemoryBytes)}" },
            });
        }

        return request;
    }

    /// <summary>The request that adds a process to the container in the guest.</summary>
    public static ExecProcessRequest ExecRequest(ExecRecord exec, string guestId) => new()
    {
        ContainerId = guestId,
        ExecId = exec.Id,
        Process = ProcessParser.TryParse(exec.Process.Memory, out var process, out var error)
            ? ToProcess(process)
            : throw new InvalidOperationException($"process {exec.Id} does not parse: {error.Message}"),
    };

    /// <summary>The request that gives a container exactly these limits.</summary>
    public static UpdateContainerRequest UpdateRequest(ResourcesSpec? resources, string guestId) =>
        new() { ContainerId = guestId, Resources = ToResources(resources), Whole = true };

    /// <summary>The request that makes the guest enforce a container's quota, or lift it, and leaves all other limits unchanged.</summary>
    public static UpdateContainerRequest QuotaRequest(CpuLimit limit, bool enforced, string guestId) => new()
    {
        ContainerId = guestId,
        Resources = new LinuxResources { CPU = new LinuxCPU { Quota = enforced ? limit.QuotaUs : NoQuota, Period = (ulong)limit.PeriodUs } },
    };

    /// <summary>The specification as the agent reads it.</summary>
    public static Spec Build(RuntimeSpec spec, string guestId)
    {
        var result = new Spec
        {
            Version = spec.OciVersion ?? "",
            Process = ToProcess(spec.Process!),
            Root = new Root { Path = GuestPaths.Rootfs(guestId), Readonly = spec.Root!.Readonly },
            Hostname = spec.Hostname ?? "",
            Domainname = spec.Domainname ?? "",
            Linux = ToLinux(spec.Linux),
        };
        result.Process.Personality = spec.Linux?.Personality?.Domain == "LINUX32" ? Linux32 : 0;
        result.Mounts.AddRange(spec.Mounts.Select((mount, index) => ToMount(mount, index, guestId)));
        foreach (var (key, value) in spec.Annotations)
        {
            result.Annotations[key] = value;
        }

        return result;
    }

    private static Process ToProcess(ProcessSpec process)
    {
        var result = new Process
        {
            Terminal = process.Terminal,
            Cwd = process.Cwd ?? "/",
            NoNewPrivileges = process.NoNewPrivileges,
            OOMScoreAdj = process.OomScoreAdj ?? 0,
            User = new User { UID = process.User?.Uid ?? 0, GID = process.User?.Gid ?? 0 },
            Args = { process.Args },
            Env = { process.Env },
        };
        if (process.ConsoleSize is { } size)
        {
            result.ConsoleSize = new Box { Height = size.Height, Width = size.Width };
        }

        result.User.AdditionalGids.AddRange(process.User?.AdditionalGids ?? []);
        if (process.User?.Umask is { } umask)
        {
            result.User.Umask = umask;
        }

        if (process.Capabilities is { } capabilities)
        {
            result.Capabilities = new LinuxCapabilities
            {
                Bounding = { capabilities.Bounding },
                Effective = { capabilities.Effective },
                Inheritable = { capabilities.Inheritable },
                Permitted = { capabilities.Permitted },
                Ambient = { capabilities.Ambient },
            };
        }

        GuestScheduling.Add(process, result);
        result.Rlimits.AddRange(process.Rlimits.Select(limit => new POSIXRlimit { Type = limit.Type, Soft = limit.Soft, Hard = limit.Hard }));
        return result;
    }

    private static Mount ToMount(MountSpec mount, int index, string guestId)
    {
        var result = new Mount { Destination = mount.Place, Type = mount.Type ?? "", Source = mount.Source ?? "" };
        result.Options.AddRange(mount.IsOverlay ? mount.Options.Where(option => !option.Contains('=')) : mount.Options);
        if (mount.IsSharedMemory)
        {
            (result.Type, result.Source) = ("bind", GuestPaths.SharedMemory);
        }
        else if (MountPlan.IsEphemeral(mount))
        {
            (result.Type, result.Source) = ("bind", GuestPaths.EphemeralVolume(mount.Source!));
        }
        else if (MountPlan.IsShared(mount))
        {
            (result.Type, result.Source) = ("bind", GuestPaths.BindSource(guestId, index));
        }

        return result;
    }

    private static Protocol.Agent.Linux ToLinux(LinuxSpec? linux)
    {
        var result = new Protocol.Agent.Linux();
        if (linux is null)
        {
            return result;
        }

        foreach (var (name, value) in linux.Sysctl)
        {
            result.Sysctl[SysctlPath.Of(name)] = value;
        }

        result.RootfsPropagation = linux.RootfsPropagation ?? "";
        result.MaskedPaths.AddRange(linux.MaskedPaths);
        result.ReadonlyPaths.AddRange(linux.ReadonlyPaths);
        result.UIDMappings.AddRange(linux.UidMappings.Select(ToMapping));
        result.GIDMappings.AddRange(linux.GidMappings.Select(ToMapping));
        foreach (var (clock, offset) in linux.TimeOffsets)
        {
            result.TimeOffsets[clock] = new LinuxTimeOffset { Secs = offset.Secs, Nanosecs = offset.Nanosecs };
        }

        // Paths of the caller's namespaces mean nothing in the guest; the network there is the sandbox's.
        result.Namespaces.AddRange(linux.Namespaces.Where(entry => entry.Type != "network").Select(entry => new LinuxNamespace { Type = entry.Type }));
        result.Devices.AddRange(linux.Devices.Where(GuestDevices.Has).Select(ToDevice));
        result.Resources = ToResources(linux.Resources);
        result.Resources.Devices.AddRange((linux.Resources?.Devices ?? []).Select(rule => new LinuxDeviceCgroup
        {
            Allow = rule.Allow,
            Type = rule.Type ?? "",
            Major = rule.Major ?? AnyDevice,
            Minor = rule.Minor ?? AnyDevice,
            Access = rule.Access,
        }));
        return result;
    }

    // With the bits of the type a mode of 0 differs from no mode.
    private static LinuxDevice ToDevice(DeviceSpec device) => new()
    {
        Path = device.Path,
        Type = device.Type,
        Major = device.Major,
        Minor = device.Minor,
        FileMode = CharacterDevice | ((device.FileMode ?? ReadWriteForAll) & Permissions),
        UID = device.Uid ?? 0,
        GID = device.Gid ?? 0,
    };

    private static LinuxIDMapping ToMapping(IdMappingSpec range) => new() { ContainerID = range.ContainerID, HostID = range.HostID, Size = range.Size };

    private static LinuxResources ToResources(ResourcesSpec? resources)
    {
        var result = new LinuxResources();
        if (resources is null)
        {
            return result;
        }

        if (resources.Cpu is { } cpu)
        {
            result.CPU = new LinuxCPU
            {
                Shares = (ulong)(cpu.Shares ?? 0),
                Quota = cpu.Quota ?? 0,
                Period = (ulong)(new CpuRequest(cpu.Quota, cpu.Period).Limit?.PeriodUs ?? cpu.Period ?? 0),
                Burst = (ulong)(cpu.Burst ?? 0),
            };
            if (cpu.Idle is { } idle)
            {
                result.CPU.Idle = idle;
            }
        }

        if (resources.Memory is { } memory)
        {
            result.Memory = new LinuxMemory
            {
                Limit = memory.Limit ?? 0,
                Reservation = memory.Reservation ?? 0,
                Swap = memory.Swap ?? 0,
                CheckBeforeUpdate = memory.CheckBeforeUpdate == true,
            };
        }

        if (resources.Pids?.Limit is { } pids)
        {
            result.Pids = new LinuxPids { Limit = pids };
        }

        foreach (var (file, value) in resources.Unified)
        {
            result.Unified[file] = value;
        }

        return result;
    }
}
