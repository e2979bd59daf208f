namespace KataActors.Oci;

/// <summary>The parts of a valid spec, a process, or a change of limits that this runtime ignores; each item belongs into the log as a warning.</summary>
public static class PassedOver
{
    private const int NamedDevices = 3;

    /// <summary>One short sentence for each part of <paramref name="spec"/> without effect.</summary>
    public static IReadOnlyList<string> List(RuntimeSpec spec)
    {
        var linux = spec.Linux;
        return
        [
            .. spec.Process is { } process ? List(process) : [],
            .. NotApplied(("linux.mountLabel", !string.IsNullOrEmpty(linux?.MountLabel))),
            .. HostDevices(linux?.Devices ?? []),
            .. linux?.Resources is { } resources ? Limits(resources) : [],
            .. NotApplied(("linux.personality.flags", linux?.Personality?.Flags.Count > 0)),
            .. Propagation(spec),
            .. RelativeDestinations(spec.Mounts),
        ];
    }

    /// <summary>The same for a process.</summary>
    public static IReadOnlyList<string> List(ProcessSpec process) =>
    [
        .. NotApplied(
            ("process.apparmorProfile", !string.IsNullOrEmpty(process.ApparmorProfile)),
            ("process.selinuxLabel", !string.IsNullOrEmpty(process.SelinuxLabel))),
        .. UnknownCapabilities(process.Capabilities),
    ];

    /// <summary>The same for a change of limits; as in runc, the device rules stay as they are.</summary>
    public static IReadOnlyList<string> List(ResourcesSpec change) =>
        [.. NotApplied(("linux.resources.devices", change.Devices.Count > 0)), .. Limits(change)];

    // Those that are missing in the guest's cgroups of version 2, and those of devices that no guest has.
    private static IReadOnlyList<string> Limits(ResourcesSpec resources)
    {
        var (cpu, memory, blockIO) = (resources.Cpu, resources.Memory, resources.BlockIO);
        return
        [
            .. NotApplied(
                ("linux.resources.cpu.realtimePeriod", cpu?.RealtimePeriod is not (null or 0)),
                ("linux.resources.cpu.realtimeRuntime", cpu?.RealtimeRuntime is not (null or 0)),
                ("linux.resources.memory.kernel", memory?.Kernel > 0),
                ("linux.resources.memory.kernelTCP", memory?.KernelTCP > 0),
                ("linux.resources.memory.disableOOMKiller", memory?.DisableOOMKiller == true),
                ("linux.resources.blockIO.weight", blockIO?.Weight > 0),
                ("linux.resources.blockIO.leafWeight", blockIO?.LeafWeight > 0),
                ("linux.resources.blockIO.weightDevice", JsonValue.SetsSomething(blockIO?.WeightDevice)),
                ("linux.resources.hugepageLimits", JsonValue.SetsSomething(resources.HugepageLimits)),
                ("linux.resources.network", JsonValue.SetsSomething(resources.Network)),
                ("linux.resources.rdma", JsonValue.SetsSomething(resources.Rdma))),
        ];
    }

    private static IEnumerable<string> NotApplied(params (string Field, bool Asked)[] parts) =>
        parts.Where(part => part.Asked).Select(part => $"{part.Field} is not applied");

    // The specification asks that names unknown to the runtime or the kernel cause no error.
    private static IEnumerable<string> UnknownCapabilities(CapabilitiesSpec? sets) => sets is null
        ? []
        : sets.Bounding.Concat(sets.Effective).Concat(sets.Inheritable).Concat(sets.Permitted).Concat(sets.Ambient)
            .Except(KnownNames.Capabilities)
            .Select(name => $"process.capabilities: {Quoted.Text(name)} is unknown and not given");

    // One sentence for all: a privileged container of an engine lists every device of the host.
    private static IEnumerable<string> HostDevices(IReadOnlyList<DeviceSpec> devices)
    {
        var missing = devices.Where(device => !GuestDevices.Has(device)).ToArray();
        return missing.Length == 0
            ? []
            : [$"linux.devices: {missing.Length} of the host are not in the guest and not given: "
                + string.Join(", ", missing.Take(NamedDevices).Select(device => Quoted.Text(device.Path))) + (missing.Length > NamedDevices ? ", …" : "")];
    }

    // In the guest the kind of propagation is set as asked; but the host's mounts are not its peers.
    private static IEnumerable<string> Propagation(RuntimeSpec spec)
    {
        if (spec.Linux?.RootfsPropagation is "shared" or "rshared" or "slave" or "rslave")
        {
            yield return $"linux.rootfsPropagation {Quoted.Text(spec.Linux.RootfsPropagation)} holds in the guest: mounts do not propagate between host and guest";
        }

        foreach (var mount in spec.Mounts.Where(mount => mount.IsBind && mount.Options.Any(option => option is "slave" or "rslave")))
        {
            yield return $"later mounts of the host do not appear below the volume {Quoted.Text(mount.Destination)}";
        }
    }

    private static IEnumerable<string> RelativeDestinations(IReadOnlyList<MountSpec> mounts) => mounts
        .Where(mount => mount.IsRelative)
        .Select(mount => $"the mount destination {Quoted.Text(mount.Destination)} is not absolute, and taken from the container's root");
}
