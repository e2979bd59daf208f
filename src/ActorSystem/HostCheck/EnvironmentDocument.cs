using System.Text.Json.Nodes;
using KataActors.Oci;
using KataActors.Runtime.Hosting;

namespace KataActors.Runtime.HostCheck;

/// <summary>
/// The runtime's environment: its configuration in effect and this host. Sections and names are those of Kata's <c>kata-env</c> where it has them; ours besides
/// are Daemon, Factory, and the members Accelerator, CPUModel, SharedFS, Cgroups.
/// </summary>
internal static class EnvironmentDocument
{
    // Of this document: the first number changes when a name changes its meaning or goes.
    private const string FormatVersion = "1.0.0";

    public static JsonObject Of(HostFacts facts, DaemonOptions options, string prefix)
    {
        var (vm, factory) = (facts.Settings.Vm, facts.Settings.Factory);
        return new JsonObject
        {
            ["Meta"] = new JsonObject { ["Version"] = FormatVersion },
            ["Runtime"] = new JsonObject
            {
                ["Path"] = Path.Combine(prefix, "bin", "kata-actors"),
                ["Debug"] = options.Debug,
                ["Version"] = new JsonObject { ["Semver"] = Product.Version.Split('+')[0], ["OCI"] = FeaturesDocument.NewestSpecVersion },
                ["Config"] = new JsonObject { ["Path"] = options.ConfigFile ?? DaemonOptions.UsualConfigFile() ?? "" },
            },
            ["Hypervisor"] = new JsonObject
            {
                ["Path"] = vm.QemuPath,
                ["Version"] = facts.QemuVersion ?? "",
                ["MachineType"] = vm.MachineType,
                ["Accelerator"] = vm.Accelerator,
                ["CPUModel"] = vm.CpuModel,
                ["DefaultVCPUs"] = vm.Vcpus,
                ["DefaultMaxVCPUs"] = vm.MaxVcpus,
                ["DefaultMemoryMib"] = vm.MemoryMib,
                ["SharedFS"] = "virtio-9p",
                ["UseVSock"] = false,
                ["Debug"] = vm.DebugConsole,
            },
            ["Image"] = new JsonObject { ["Path"] = "" },
            ["Kernel"] = new JsonObject { ["Path"] = vm.KernelPath, ["Parameters"] = vm.KernelParameters },
            ["Initrd"] = new JsonObject { ["Path"] = vm.InitramfsPath },
            ["Factory"] = new JsonObject
            {
                ["Template"] = factory.EnableTemplate,
                ["TemplatePath"] = facts.TemplateFolder,
                ["VMCacheNumber"] = factory.PoolMinimum,
                ["VMCacheMax"] = factory.PoolMaximum,
            },
            ["Daemon"] = new JsonObject
            {
                ["Path"] = Path.Combine(prefix, "bin", "kata-actorsd"),
                ["Address"] = options.Paths.Socket,
                ["StateDirectory"] = options.Paths.StateDirectory,
            },
            ["Agent"] = new JsonObject { ["Type"] = "kata-actors" },
            ["Host"] = Host(facts),
        };
    }

    private static JsonObject Host(HostFacts facts) => new()
    {
        ["Kernel"] = facts.Kernel,
        ["Architecture"] = facts.Architecture,
        ["VMContainerCapable"] = HostReport.Verdict(HostFindings.Judge(facts)) is null,
        ["SupportVSocks"] = facts.HasVsock,
        ["Distro"] = new JsonObject { ["Name"] = facts.Distribution.Name, ["Version"] = facts.Distribution.Version },
        ["CPU"] = new JsonObject
        {
            ["Vendor"] = facts.Cpu.Vendor,
            ["Model"] = facts.Cpu.Model,
            ["CPUs"] = facts.Cpus,
            ["HasExtensions"] = facts.Virtualization.HasExtensions,
            ["KVM"] = facts.Virtualization.KvmProblem is null,
        },
        ["Memory"] = new JsonObject { ["TotalKib"] = facts.MemoryKib, ["AvailableKib"] = facts.AvailableMemoryKib },
        ["Cgroups"] = new JsonObject
        {
            ["Version"] = facts.Cgroups.Any(mount => mount.IsUnified) ? 2 : facts.Cgroups.IsEmpty ? 0 : 1,
            ["Controllers"] = new JsonArray([.. facts.Cgroups.SelectMany(mount => mount.Controllers).Distinct().Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]),
        },
    };
}
