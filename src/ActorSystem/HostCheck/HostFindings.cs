using System.Globalization;

namespace KataActors.Runtime.HostCheck;

/// <summary>Judges whether containers can run on a host.</summary>
internal static class HostFindings
{
    // mount_setattr(2), by which volumes are made read-only, is the newest system call that the daemon cannot do without.
    private static readonly Version s_leastKernel = new(5, 12);

    // The oldest one that the tests have run with.
    private static readonly Version s_testedQemu = new(7, 2);

    // What a sandbox's limits need, as the v1 and the v2 hierarchies call it.
    private static readonly string[] s_controllers = ["cpu", "cpuset", "memory", "pids"];

    private const ulong DescriptorsOfDaemon = 256;
    private const ulong DescriptorsOfSandbox = 5;
    private const ulong FewSandboxes = 100;

    /// <summary>All findings, in the order of a start.</summary>
    public static IReadOnlyList<Finding> Judge(HostFacts facts) =>
    [
        facts.IsRoot ? Ok("user", "root") : Error("user", "not root in the machine's own user namespace"),
        facts.Architecture == "x86_64" ? Ok("architecture", facts.Architecture) : Error("architecture", $"{facts.Architecture}: only x86_64 is supported"),
        Kernel(facts.Kernel),
        facts.ConfigurationProblem is { } problem ? Error("configuration", problem) : Ok("configuration", "no errors"),
        .. facts.PlaceProblems.Select(place => Error("folders", place)),
        Extensions(facts),
        KvmDevice(facts),
        Emulation(facts),
        Vcpus(facts),
        Ok("vsock", facts.HasVsock ? "/dev/vhost-vsock exists; the agent is reached by a serial port all the same" : "no /dev/vhost-vsock; the agent is reached by a serial port"),
        Qemu(facts),
        GuestFile("guest kernel", facts.Settings.Vm.KernelPath, facts.KernelProblem),
        GuestFile("guest image", facts.Settings.Vm.InitramfsPath, facts.InitramfsProblem),
        Cgroups(facts),
        Descriptors(facts.Descriptors),
        Template(facts),
        Memory(facts),
    ];

    private static Finding Kernel(string release)
    {
        var version = VersionOf(release);
        return version is not null && version < s_leastKernel ? Error("kernel", $"{release}: {s_leastKernel} or later is needed") : Ok("kernel", release);
    }

    private static Finding Extensions(HostFacts facts) => facts.Virtualization.HasExtensions
        ? Ok("CPU", "has vmx or svm")
        : Warning("CPU", "has neither vmx nor svm");

    private static Finding KvmDevice(HostFacts facts) => facts.KvmCause is { } cause ? Warning("/dev/kvm", cause) : Ok("/dev/kvm", "can be opened");

    private static Finding Emulation(HostFacts facts)
    {
        var choice = Enum.Parse<AcceleratorChoice>(facts.Settings.Vm.Accelerator, ignoreCase: true);
        if (!facts.Virtualization.TryResolve(choice, out var accelerator, out var error))
        {
            return Error("accelerator", error);
        }

        return accelerator == Accelerator.Kvm
            ? Ok("accelerator", "kvm")
            : Warning("accelerator", "tcg: QEMU emulates the CPU, so everything works, but much slower");
    }

    private static Finding Vcpus(HostFacts facts)
    {
        var most = facts.Settings.Vm.MaxVcpus;
        return most > facts.Cpus
            ? Warning("vCPUs", $"default-maxvcpus {most} is above the number of CPUs, {facts.Cpus}: a VM's vCPUs would wait for one another, and under KVM QEMU warns of it")
            : Ok("vCPUs", $"at most {most} on {facts.Cpus} CPUs");
    }

    private static Finding Qemu(HostFacts facts)
    {
        var path = facts.Settings.Vm.QemuPath;
        if (facts.QemuProblem is { } problem)
        {
            return Error("QEMU", $"\"{path}\": {problem}");
        }

        return VersionOf(facts.QemuVersion!) is { } version && version < s_testedQemu
            ? Warning("QEMU", $"\"{path}\": {facts.QemuVersion} is older than {s_testedQemu}, the oldest version that was tested")
            : Ok("QEMU", $"\"{path}\": {facts.QemuVersion}");
    }

    private static Finding GuestFile(string subject, string path, string? problem) =>
        problem is null ? Ok(subject, $"\"{path}\"") : Error(subject, $"\"{path}\": {problem}");

    private static Finding Cgroups(HostFacts facts)
    {
        var missing = s_controllers.Where(controller => !facts.Cgroups.Any(mount => mount.Controllers.Contains(controller))).ToList();
        return missing.Count > 0
            ? Warning("cgroups", $"no controller {string.Join(", ", missing)}: what it would limit is limited in the guest only")
            : Ok("cgroups", $"version {(facts.Cgroups[0].IsUnified ? 2 : 1)}");
    }

    private static Finding Descriptors(ulong limit)
    {
        var sandboxes = limit > DescriptorsOfDaemon ? (limit - DescriptorsOfDaemon) / DescriptorsOfSandbox : 0;
        var text = $"{limit} may be open, which is enough for about {sandboxes} sandboxes";
        return sandboxes == 0 ? Error("descriptors", text) : sandboxes < FewSandboxes ? Warning("descriptors", text) : Ok("descriptors", text);
    }

    private static Finding Template(HostFacts facts)
    {
        if (!facts.Settings.Factory.EnableTemplate)
        {
            return Ok("template", "off");
        }

        var need = facts.Settings.Vm.MemoryMib * 1024L * 1024;
        return facts.TemplateSpace < need
            ? Warning("template", $"\"{facts.TemplateFolder}\": {Mib(facts.TemplateSpace.Value)} MiB are free, and the template's memory takes up to {facts.Settings.Vm.MemoryMib} MiB")
            : Ok("template", $"\"{facts.TemplateFolder}\"");
    }

    private static Finding Memory(HostFacts facts)
    {
        var available = facts.AvailableMemoryKib / 1024;
        return available < facts.Settings.Vm.MemoryMib
            ? Warning("memory", $"{available} MiB are available, and a virtual machine has {facts.Settings.Vm.MemoryMib} MiB")
            : Ok("memory", $"{available} MiB are available");
    }

    private static long Mib(long bytes) => bytes / 1024 / 1024;

    // Of the first two numbers of "6.1.0-18-amd64"; null when there are none.
    private static Version? VersionOf(string text)
    {
        var numbers = text.Split('.', '-', '+', ' ').Take(2).Select(part => int.TryParse(part, CultureInfo.InvariantCulture, out var number) ? number : -1).ToArray();
        return numbers is [>= 0, >= 0] ? new Version(numbers[0], numbers[1]) : null;
    }

    private static Finding Ok(string subject, string text) => new(subject, FindingLevel.Ok, text);

    private static Finding Warning(string subject, string text) => new(subject, FindingLevel.Warning, text);

    private static Finding Error(string subject, string text) => new(subject, FindingLevel.Error, text);
}
