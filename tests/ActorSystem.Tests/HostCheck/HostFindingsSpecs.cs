using System.Collections.Immutable;
using System.Text.Json;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.HostCheck;
using KataActors.Runtime.Hosting;
using Xunit;

namespace KataActors.Runtime.Tests.HostCheck;

/// <summary>The judgement over a host, from made-up facts.</summary>
public sealed class HostFindingsSpecs
{
    private static readonly DaemonSettings s_settings =
        DaemonSettings.Create(DaemonConfiguration.Load(Repository.ReferenceConfiguration, null), new InstallPaths("/share"));

    private static readonly CgroupMount s_cgroups = new("/sys/fs/cgroup", "/", ["cpu", "cpuset", "memory", "pids"], IsUnified: true);

    private static readonly HostFacts s_good = new()
    {
        Settings = s_settings,
        IsRoot = true,
        Kernel = "6.1.0-18-amd64",
        Architecture = "x86_64",
        Virtualization = new HostVirtualization(null, HasExtensions: true),
        QemuVersion = "7.2.22 (Debian 1:7.2+dfsg-7)",
        Cgroups = [s_cgroups],
        Descriptors = 524288,
        TemplateFolder = "/dev/shm/t",
        TemplateSpace = 1L << 40,
        Cpus = (int)s_settings.Vm.MaxVcpus,
        MemoryKib = 1 << 24,
        AvailableMemoryKib = 1 << 23,
    };

    private static readonly HostVirtualization s_emulated = new("cannot open \"/dev/kvm\"", HasExtensions: false);

    [Fact]
    public void Should_find_nothing_wrong_with_a_good_host()
    {
        var findings = HostFindings.Judge(s_good);
        Assert.All(findings, finding => Assert.Equal((FindingLevel.Ok, finding.Text), (finding.Level, finding.Text)));
        Assert.Null(HostReport.Verdict(findings));
        Assert.Equal("containers can run on this host\n", HostReport.Text(findings, all: false));
        Assert.Contains("ok       QEMU           \"/usr/bin/qemu-system-x86_64\": 7.2.22 (Debian 1:7.2+dfsg-7)\n", HostReport.Text(findings, all: true));
    }

    /// <summary>A host's fault, its subject, whether no container can run, and the words for it.</summary>
    public static TheoryData<string, string, bool, string> Faults => new()
    {
        { "no root", "user", true, "not root in the machine's own user namespace" },
        { "arm", "architecture", true, "aarch64: only x86_64 is supported" },
        { "old kernel", "kernel", true, "4.19.0-26: 5.12 or later is needed" },
        { "bad configuration", "configuration", true, "\"/etc/k.conf\": is not HOCON" },
        { "bad folder", "folders", true, "\"/run/kata-actors\" is writable by other users" },
        { "no extensions", "CPU", false, "has neither vmx nor svm" },
        { "no kvm", "/dev/kvm", false, "no such file or directory" },
        { "kvm denied", "/dev/kvm", false, "permission denied" },
        { "no extensions", "accelerator", false, "tcg: QEMU emulates the CPU, so everything works, but much slower" },
        { "kvm demanded", "accelerator", true, "accelerator \"kvm\": cannot open \"/dev/kvm\"" },
        { "one cpu", "vCPUs", false, "default-maxvcpus 2 is above the number of CPUs, 1: a VM's vCPUs would wait for one another, and under KVM QEMU warns of it" },
        { "no qemu", "QEMU", true, "\"/usr/bin/qemu-system-x86_64\": no such file or directory" },
        { "old qemu", "QEMU", false, "\"/usr/bin/qemu-system-x86_64\": 5.2.0 is older than 7.2, the oldest version that was tested" },
        { "no kernel", "guest kernel", true, "\"/share/vmlinuz\": no such file or directory" },
        { "empty image", "guest image", true, "\"/share/initramfs.cpio\": is empty" },
        { "no cgroups", "cgroups", false, "no controller cpu, cpuset, memory, pids: what it would limit is limited in the guest only" },
        { "some cgroups", "cgroups", false, "no controller cpuset: what it would limit is limited in the guest only" },
        { "few descriptors", "descriptors", true, "256 may be open, which is enough for about 0 sandboxes" },
        { "some descriptors", "descriptors", false, "512 may be open, which is enough for about 51 sandboxes" },
        { "small tmpfs", "template", false, "\"/dev/shm/t\": 1 MiB are free, and the template's memory takes up to 256 MiB" },
        { "no memory", "memory", false, "100 MiB are available, and a virtual machine has 256 MiB" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Should_say_what_a_host_lacks(string fault, string subject, bool isFatal, string text)
    {
        var findings = HostFindings.Judge(With(fault));

        var finding = Assert.Single(findings, finding => finding.Subject == subject);
        Assert.Equal((isFatal ? FindingLevel.Error : FindingLevel.Warning, text), (finding.Level, finding.Text));
        Assert.Equal(isFatal ? $"containers cannot run on this host: {subject}: {text}" : null, HostReport.Verdict(findings));
        Assert.Equal(!isFatal, JsonDocument.Parse(HostReport.Json(findings)).RootElement.GetProperty("capable").GetBoolean());
        Assert.Contains($"{(isFatal ? "error  " : "warning")}  {subject}", HostReport.Text(findings, all: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Should_take_both_cgroup_versions()
    {
        ImmutableArray<CgroupMount> old =
            [new("/c/cpu", "/", ["cpu", "cpuacct"], false), new("/c/cpuset", "/", ["cpuset"], false), new("/c/memory", "/", ["memory"], false), new("/c/pids", "/", ["pids"], false)];
        Assert.Equal(new Finding("cgroups", FindingLevel.Ok, "version 1"), HostFindings.Judge(s_good with { Cgroups = old }).Single(finding => finding.Subject == "cgroups"));
        Assert.Equal("version 2", HostFindings.Judge(s_good).Single(finding => finding.Subject == "cgroups").Text);
    }

    private static HostFacts With(string fault) => fault switch
    {
        "no root" => s_good with { IsRoot = false },
        "arm" => s_good with { Architecture = "aarch64" },
        "old kernel" => s_good with { Kernel = "4.19.0-26" },
        "bad configuration" => s_good with { ConfigurationProblem = "\"/etc/k.conf\": is not HOCON" },
        "bad folder" => s_good with { PlaceProblems = ["\"/run/kata-actors\" is writable by other users"] },
        "no extensions" => s_good with { Virtualization = s_emulated with { KvmProblem = null } },
        "no kvm" => s_good with { Virtualization = s_emulated, KvmCause = "no such file or directory" },
        "kvm denied" => s_good with { Virtualization = s_emulated, KvmCause = "permission denied" },
        "kvm demanded" => s_good with { Virtualization = s_emulated, Settings = s_settings with { Vm = s_settings.Vm with { Accelerator = "kvm" } } },
        "one cpu" => s_good with { Cpus = 1, Settings = s_settings with { Vm = s_settings.Vm with { MaxVcpus = 2 } } },
        "no qemu" => s_good with { QemuVersion = null, QemuProblem = "no such file or directory" },
        "old qemu" => s_good with { QemuVersion = "5.2.0" },
        "no kernel" => s_good with { KernelProblem = "no such file or directory" },
        "empty image" => s_good with { InitramfsProblem = "is empty" },
        "no cgroups" => s_good with { Cgroups = [] },
        "some cgroups" => s_good with { Cgroups = [s_cgroups with { Controllers = ["cpu", "memory", "pids"] }] },
        "few descriptors" => s_good with { Descriptors = 256 },
        "some descriptors" => s_good with { Descriptors = 512 },
        "small tmpfs" => s_good with
        {
            TemplateSpace = 1024 * 1024,
            Settings = s_settings with { Factory = s_settings.Factory with { EnableTemplate = true } },
        },
        "no memory" => s_good with { AvailableMemoryKib = 100 * 1024 },
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };
}
