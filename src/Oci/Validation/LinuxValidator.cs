using System.Text.Json;

namespace KataActors.Oci;

/// <summary>The <c>linux</c> section without its resources.</summary>
internal static class LinuxValidator
{
    // A container in a VM has its own whatever the spec says, so a spec without them would ask for the host's.
    private static readonly string[] s_requiredNamespaces = ["pid", "network", "ipc", "uts", "mount"];

    // Permissions, and the type of the file, as some engines copy it from stat(2).
    private const uint GreatestMode = 0xffff;

    public static void Validate(RuntimeSpec spec)
    {
        if (spec.Linux is not { } linux)
        {
            throw SpecException.Invalid("linux", "is missing");
        }

        CheckNamespaces(linux, joinsSandbox: CriAnnotations.ReadType(spec.Annotations) == ContainerType.Container);
        CheckDevices(linux.Devices, isPrivileged: GuestDevices.AreAllAllowed(linux.Resources));
        CheckPaths("linux.maskedPaths", linux.MaskedPaths);
        CheckPaths("linux.readonlyPaths", linux.ReadonlyPaths);
        SysctlValidator.Validate(linux.Sysctl);
        if (linux.RootfsPropagation is not (null or "") && !KnownNames.Propagations.Contains(linux.RootfsPropagation))
        {
            throw SpecException.Invalid("linux.rootfsPropagation", $"{Quoted.Text(linux.RootfsPropagation)} is not a known propagation");
        }

        if (linux.Personality?.Domain is not (null or "" or "LINUX" or "LINUX32"))
        {
            throw SpecException.Invalid("linux.personality.domain", $"{Quoted.Text(linux.Personality.Domain)} is not a known execution domain");
        }

        RefuseIfSet("intelRdt", linux.IntelRdt, "is not supported");
        RefuseIfSet("memoryPolicy", linux.MemoryPolicy, "is not supported: a guest has one memory node");
        RefuseIfSet("netDevices", linux.NetDevices, "names network devices of the host, which are not given to the guest");
        SeccompValidator.Validate(linux.Seccomp);
        ResourcesValidator.Validate(linux.Resources);
    }

    private static void RefuseIfSet(string name, JsonElement? value, string cause)
    {
        if (JsonValue.SetsSomething(value))
        {
            throw SpecException.Unsupported($"linux.{name}", cause);
        }
    }

    private static void CheckNamespaces(LinuxSpec linux, bool joinsSandbox)
    {
        SpecValidator.CheckList("linux.namespaces", linux.Namespaces);
        var seen = new HashSet<string>();
        for (var i = 0; i < linux.Namespaces.Count; i++)
        {
            var (field, entry) = ($"linux.namespaces[{i}]", linux.Namespaces[i]);
            if (entry.Type is null || !KnownNames.Namespaces.Contains(entry.Type))
            {
                throw SpecException.Invalid($"{field}.type", $"{Quoted.Text(entry.Type)} is not a known namespace");
            }

            if (!seen.Add(entry.Type))
            {
                throw SpecException.Invalid($"{field}.type", $"{Quoted.Text(entry.Type)} is given twice");
            }

            CheckNamespace(field, entry, joinsSandbox);
        }

        OwnNamespaceValidator.Validate(linux, seen);
        foreach (var type in s_requiredNamespaces)
        {
            if (!seen.Contains(type))
            {
                throw SpecException.Unsupported(
                    "linux.namespaces", $"has no {type} namespace: a container in a VM cannot share the host's {type} namespace");
            }
        }
    }

    private static void CheckNamespace(string field, NamespaceSpec entry, bool joinsSandbox)
    {
        if (string.IsNullOrEmpty(entry.Path))
        {
            return;
        }

        SpecValidator.CheckAbsolute($"{field}.path", entry.Path);
        if (entry.Type != "network" && !(joinsSandbox && entry.Type is ("pid" or "ipc" or "uts")))
        {
            throw SpecException.Unsupported(
                $"{field}.path", $"names a {entry.Type} namespace of the host, which a container in a VM cannot join");
        }
    }

    private static void CheckDevices(IReadOnlyList<DeviceSpec> devices, bool isPrivileged)
    {
        SpecValidator.CheckList("linux.devices", devices);
        for (var i = 0; i < devices.Count; i++)
        {
            var (field, device) = ($"linux.devices[{i}]", devices[i]);
            SpecValidator.CheckAbsolute($"{field}.path", device.Path);
            if (Path.GetFullPath(device.Path).TrimEnd('/') is "" or "/dev")
            {
                throw SpecException.Invalid($"{field}.path", $"{Quoted.Text(device.Path)} is a folder of every container");
            }

            if (device.FileMode > GreatestMode)
            {
                throw SpecException.Invalid($"{field}.fileMode", $"{device.FileMode} is out of range, at most {GreatestMode} is allowed");
            }

            if (device.Type is not ("c" or "u" or "b" or "p"))
            {
                throw SpecException.Invalid($"{field}.type", $"{Quoted.Text(device.Type)} is not a known device type");
            }

            if (!isPrivileged && !GuestDevices.Has(device))
            {
                throw SpecException.Unsupported(field, $"{Quoted.Text(device.Path)} is a device of the host, which the guest does not have");
            }
        }
    }

    private static void CheckPaths(string field, IReadOnlyList<string> paths)
    {
        SpecValidator.CheckList(field, paths);
        for (var i = 0; i < paths.Count; i++)
        {
            SpecValidator.CheckAbsolute($"{field}[{i}]", paths[i]);
        }
    }
}
