using KataActors.Agent.Boot;
using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>Checks the request for a container, or for an exec, before the first effect.</summary>
internal static class SpecRules
{
    private const int LongestId = 1024;

    /// <summary>An id appears in paths.</summary>
    internal static void CheckId(string id, string what)
    {
        if (id.Length is 0 or > LongestId || id is "." or ".." || id.AsSpan().ContainsAny('/', '\0'))
        {
            throw Failures.Invalid($"{what} id \"{id.Replace("\0", "\\0")}\" is not valid");
        }
    }

    internal static void Check(CreateContainerRequest request)
    {
        CheckId(request.ContainerId, "container");
        if (request.ExecId.Length > 0 && request.ExecId != request.ContainerId)
        {
            throw Failures.Invalid($"exec id \"{request.ExecId}\" of a container's first process must be its container id");
        }

        var spec = request.OCI ?? throw Failures.Invalid("the request has no spec");
        Check(spec.Process ?? throw Failures.Invalid("the spec has no process"));
        if (spec.Root is not { } root || !IsAbsolute(root.Path))
        {
            throw Failures.Invalid($"root.path \"{spec.Root?.Path}\" is not absolute");
        }

        foreach (var mount in spec.Mounts)
        {
            Check(mount);
        }

        foreach (var (name, _) in spec.Linux?.Sysctl ?? [])
        {
            Require(Sysctls.IsName(name), $"linux.sysctl \"{name}\" is not the name of a kernel parameter");
        }

        Check(spec.Linux?.Resources);
        foreach (var path in (spec.Linux?.MaskedPaths ?? []).Concat(spec.Linux?.ReadonlyPaths ?? []))
        {
            Require(IsAbsolute(path), $"masked or read-only path \"{path}\" is not absolute");
        }

        foreach (var hook in spec.Hooks?.StartContainer ?? [])
        {
            Require(IsAbsolute(hook.Path), $"path \"{hook.Path}\" of a startContainer hook is not absolute");
            Require(hook.Args.Concat(hook.Env).All(text => !text.Contains('\0')), $"startContainer hook \"{hook.Path}\" has a NUL in its arguments or environment");
        }

        Require(spec.Hooks is not { State: var state } || state is [(byte)'{', .., (byte)'}'], "the state for the hooks is not an object");
        ReportWhatIsPassedOver(spec);
    }

    internal static void Check(ExecProcessRequest request)
    {
        CheckId(request.ExecId, "exec");
        if (request.ExecId == request.ContainerId)
        {
            throw Failures.Exists($"process \"{request.ExecId}\" of container \"{request.ContainerId}\" exists already");
        }

        Check(request.Process ?? throw Failures.Invalid("the request has no process"));
        ReportWhatIsPassedOver(request.Process);
    }

    internal static void Check(LinuxResources? resources)
    {
        if (resources is null)
        {
            return;
        }

        foreach (var file in resources.Unified.Keys)
        {
            Require(
                !file.StartsWith('.') && !file.StartsWith("cgroup.", StringComparison.Ordinal) && !file.AsSpan().ContainsAny('/', '\0'),
                $"linux.resources.unified \"{file}\" is not the name of a controller's file");
        }

        Require(resources.Devices.Count <= DeviceProgram.MostRules, $"{resources.Devices.Count} device rules are more than {DeviceProgram.MostRules}");
        foreach (var rule in resources.Devices)
        {
            Require(rule.Type is "a" or "b" or "c" or "", $"type \"{rule.Type}\" of a device rule is not one of a, b, c");
            Require(DeviceProgram.IsAccess(rule.Access), $"access \"{rule.Access}\" of a device rule is not of r, w, m");
            Require(rule.Major is >= -1 and <= uint.MaxValue && rule.Minor is >= -1 and <= uint.MaxValue, $"device {rule.Major}:{rule.Minor} of a rule is out of range");
        }
    }

    private static void Check(Process process)
    {
        Require(process.Args.Count > 0, "process.args is empty");
        Require(IsAbsolute(process.Cwd), $"process.cwd \"{process.Cwd}\" is not absolute");
        // setresuid(2) would change nothing.
        Require(process.User is not { UID: uint.MaxValue } and not { GID: uint.MaxValue }, "process.user has an id of -1");
        Require(process.Args.Concat(process.Env).All(text => !text.Contains('\0')), "process.args and process.env may hold no NUL");
        CheckSize(process.ConsoleSize?.Height ?? 0, process.ConsoleSize?.Width ?? 0, "process.consoleSize");
        foreach (var cpus in new[] { process.InitialCPUs, process.FinalCPUs })
        {
            foreach (var cpu in cpus)
            {
                Require(cpu < CpuAffinity.MostCpus, $"CPU {cpu} of process.execCPUAffinity is out of range");
            }
        }

        if (process.Filter is { } filter)
        {
            var length = filter.Program.Length;
            Require(length is > 0 and <= SystemCallFilters.MostInstructions * SystemCallFilters.InstructionBytes && length % SystemCallFilters.InstructionBytes == 0,
                $"a filter of system calls has {length} bytes");
            Require((filter.Flags & ~SystemCallFilters.Flags) == 0, $"flags {filter.Flags} of a filter of system calls are unknown");
        }

        foreach (var limit in process.Rlimits)
        {
            Require(ResourceLimits.Number(limit.Type) is not null, $"rlimit \"{limit.Type}\" is unknown");
            Require(limit.Soft <= limit.Hard, $"rlimit \"{limit.Type}\": soft {limit.Soft} is above hard {limit.Hard}");
        }
    }

    /// <summary>A terminal's size.</summary>
    internal static void CheckSize(uint rows, uint columns, string what) =>
        Require(rows <= ushort.MaxValue && columns <= ushort.MaxValue, $"{what} {rows}x{columns} is above {ushort.MaxValue}");

    private static void Check(Mount mount)
    {
        Require(mount.Destination.Length > 0 && !mount.Destination.Contains('\0'), "a mount has no destination");
        var options = MountOptionSet.Parse(mount.Options);
        if (options.IsRemount)
        {
            Require(options.Data.Count == 0, $"the remount of \"{mount.Destination}\" asks for \"{string.Join(',', options.Data)}\": it changes attributes of the mount only");
        }
        else if (options.IsBind || mount.Type == "bind")
        {
            Require(IsAbsolute(mount.Source), $"source \"{mount.Source}\" of the mount on \"{mount.Destination}\" is not absolute");
        }
    }

    private static void ReportWhatIsPassedOver(Spec spec)
    {
        ReportWhatIsPassedOver(spec.Process);
        Report(
            (spec.Linux?.MountLabel.Length > 0, "linux.mountLabel"),
            (spec.Linux?.Resources?.CPU is { Cpus.Length: > 0 } or { Mems.Length: > 0 }, "linux.resources.cpu.cpus and mems"));
    }

    private static void ReportWhatIsPassedOver(Process process) => Report(
        (process.ApparmorProfile.Length > 0, "process.apparmorProfile"),
        (process.SelinuxLabel.Length > 0, "process.selinuxLabel"));

    private static void Report(params ReadOnlySpan<(bool? Present, string What)> settings)
    {
        foreach (var (present, what) in settings)
        {
            if (present is true)
            {
                KernelLog.Warn($"{what} is ignored");
            }
        }
    }

    private static bool IsAbsolute(string path) => path.StartsWith('/') && !path.Contains('\0');

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw Failures.Invalid(message);
        }
    }
}
