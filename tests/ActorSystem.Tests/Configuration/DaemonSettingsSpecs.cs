using KataActors.Cgroups;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Hosting;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Serilog.Events;
using Xunit;

namespace KataActors.Runtime.Tests.Configuration;

public sealed class DaemonSettingsSpecs : IDisposable
{
    private static readonly InstallPaths s_install = new("/opt/share/kata-actors");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Should_have_these_defaults_when_nothing_is_configured()
    {
        var settings = DaemonSettings.Create(DaemonConfiguration.Load(Repository.ReferenceConfiguration, null), s_install);

        Assert.Equal(
            new DaemonSettings(
                new VmDefaults(
                    QemuPath: "/usr/bin/qemu-system-x86_64",
                    MachineType: "q35",
                    Accelerator: "auto",
                    KernelPath: "/opt/share/kata-actors/vmlinuz",
                    InitramfsPath: "/opt/share/kata-actors/initramfs.cpio",
                    KernelParameters: "",
                    CpuModel: "",
                    Vcpus: 1,
                    MaxVcpus: (uint)Math.Min(Environment.ProcessorCount, 240),
                    MemoryMib: 256,
                    DebugConsole: false),
                new FactorySettings(EnableTemplate: false, TemplatePath: "", PoolMinimum: 0, PoolMaximum: 0, ConcurrentBoots: Environment.ProcessorCount),
                new SandboxDeadlines(
                    Boot: TimeSpan.FromSeconds(60),
                    AgentCall: TimeSpan.FromSeconds(20),
                    AgentFarewell: TimeSpan.FromSeconds(2),
                    StopStep: TimeSpan.FromSeconds(3),
                    Reconcile: TimeSpan.FromSeconds(10),
                    Queue: TimeSpan.FromSeconds(60),
                    CloneBoot: TimeSpan.FromSeconds(10),
                    Kill: TimeSpan.FromSeconds(7)),
                IdleExit: TimeSpan.FromMinutes(5),
                new LogSettings(LogEventLevel.Information, LogFormat.Text, File: "", MaxFileBytes: 10 * 1024 * 1024, MaxFiles: 3)),
            settings);
        Assert.Equal(
            new CgroupDefaults
            {
                ParentFromSpec = false,
                SandboxOnly = false,
                OverheadParent = "",
                Unlimited = UnlimitedContainers.LiftTheLimit,
                LeastCpuPercent = 5,
                MemoryOverheadMib = 256,
                ThreadsOverhead = 256,
                PinVcpus = false,
            },
            settings.Cgroups);
    }

    [Fact]
    public void Should_read_how_host_cgroups_are_made()
    {
        var settings = Create("""
            kata-actors.cgroups {
              parent = "spec"
              sandbox-cgroup-only = on
              overhead-parent = "/kata_overhead"
              unlimited-containers = "ignore"
              least-cpu-percent = 1
              memory-overhead = 1 GiB
              threads-overhead = 100
              enable-vcpus-pinning = on
            }
            """);

        Assert.Equal(
            new CgroupDefaults
            {
                ParentFromSpec = true,
                SandboxOnly = true,
                OverheadParent = "kata_overhead",
                Unlimited = UnlimitedContainers.DoNotCount,
                LeastCpuPercent = 1,
                MemoryOverheadMib = 1024,
                ThreadsOverhead = 100,
                PinVcpus = true,
            },
            settings.Cgroups);
    }

    [Theory]
    [InlineData("overhead-parent = \"../x\"", "overhead-parent: \"../x\" cannot be a group beside \"kata\"")]
    [InlineData("overhead-parent = \"kata\"", "overhead-parent: \"kata\" cannot be a group beside \"kata\"")]
    [InlineData("parent = \"slice\"", "parent: \"slice\" is none of kata, spec")]
    [InlineData("least-cpu-percent = 0", "least-cpu-percent: 0 is not between 1 and 100")]
    public void Should_refuse_host_cgroups_that_cannot_be(string line, string error)
    {
        var failure = Assert.Throws<SettingsException>(() => Create($"kata-actors.cgroups {{ {line} }}"));

        Assert.Contains($"kata-actors.cgroups.{error}", failure.Message);
    }

    [Fact]
    public void Should_read_exactly_the_keys_of_the_reference()
    {
        var configuration = DaemonConfiguration.Load(Repository.ReferenceConfiguration, null);
        var reader = new SettingsReader(configuration.Merged, DaemonSettings.SectionName);

        DaemonSettings.Read(reader, s_install);

        var written = DaemonConfiguration.Leaves(configuration.Merged).Where(key => key.StartsWith("kata-actors.", StringComparison.Ordinal));
        Assert.Equal(written.Order(), reader.KeysRead.Order());
    }

    [Fact]
    public void Should_comment_every_key_of_the_reference()
    {
        var lines = File.ReadAllLines(Repository.ReferenceConfiguration).Select(line => line.Trim()).ToList();

        for (var i = 1; i < lines.Count && lines[i] != "akka {"; i++)
        {
            if (lines[i].Contains(" = ", StringComparison.Ordinal) && !lines[i].StartsWith('#'))
            {
                // A key has its comment above, or shares that of the key above it.
                Assert.True(lines[i - 1].StartsWith('#') || lines[i - 1].Contains(" = ", StringComparison.Ordinal), lines[i]);
            }
        }
    }

    [Fact]
    public void Should_take_the_users_values_and_keep_the_other_defaults()
    {
        var settings = Create("""
            kata-actors.hypervisor {
              path = "/opt/qemu"
              machine-type = "pc"
              accelerator = "tcg"
              kernel = "/boot/vmlinuz"
              default-vcpus = 2
              default-maxvcpus = 4
              default-memory = 1 GiB
              debug-console = on
            }
            kata-actors.daemon.idle-exit = off
            kata-actors.log { level = "debug", format = "json", file = off }
            akka.log-dead-letters = off
            """);

        Assert.Equal("/opt/qemu", settings.Vm.QemuPath);
        Assert.Equal("pc", settings.Vm.MachineType);
        Assert.Equal("tcg", settings.Vm.Accelerator);
        Assert.Equal("/boot/vmlinuz", settings.Vm.KernelPath);
        Assert.Equal("/opt/share/kata-actors/initramfs.cpio", settings.Vm.InitramfsPath);
        Assert.Equal((2u, 4u, 1024u), (settings.Vm.Vcpus, settings.Vm.MaxVcpus, settings.Vm.MemoryMib));
        Assert.True(settings.Vm.DebugConsole);
        Assert.Null(settings.IdleExit);
        Assert.Equal((LogEventLevel.Debug, LogFormat.Json, null), (settings.Log.Level, settings.Log.Format, settings.Log.File));
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Deadlines.Boot);
    }

    [Fact]
    public void Should_list_all_errors_at_once_when_several_keys_are_wrong()
    {
        var failure = Assert.Throws<SettingsException>(() => Create("""
            kata-actors {
              hypervisor {
                path = "qemu"
                machine-type = "microvm"
                default-vcpus = 0
                default-memory = 100000
                cpu-modell = "max"
              }
              deadlines.boot = soon
              deadlines.agent-call = 1 h
              daemon.idle-exit = 1 ms
              log.max-files = many
            }
            kata_actors.log.level = "info"
            """));

        Assert.Equal(
            [
                "kata-actors.hypervisor.cpu-modell: is not a key of this program",
                "kata_actors.log.level: is not a key of this program",
                "kata-actors.hypervisor.default-vcpus: 0 is not between 1 and 240",
                "kata-actors.hypervisor.path: \"qemu\" is not an absolute path",
                "kata-actors.hypervisor.machine-type: \"microvm\" is none of q35, pc",
                "kata-actors.hypervisor.default-memory: 100000 bytes is not between 67108864 bytes and 1099511627776 bytes",
                "kata-actors.deadlines.boot: \"soon\" is not understood",
                "kata-actors.deadlines.agent-call: 3600 s is not between 100 ms and 600 s",
                "kata-actors.daemon.idle-exit: 1 ms is not between 100 ms and 86400 s",
                "kata-actors.log.max-files: \"many\" is not understood",
            ],
            failure.Errors);
        Assert.All(failure.Errors, error => Assert.Contains(error, failure.Message, StringComparison.Ordinal));
        Assert.Contains("user.conf", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_refuse_fewer_possible_vcpus_than_there_are_at_boot()
    {
        var failure = Assert.Throws<SettingsException>(() => Create("kata-actors.hypervisor { default-vcpus = 3, default-maxvcpus = 1 }"));

        Assert.Equal(["kata-actors.hypervisor.default-maxvcpus: 1 is less than default-vcpus, which is 3"], failure.Errors);
    }

    [Theory]
    [InlineData("kata-actors { = 3 }")]
    [InlineData("kata-actors.hypervisor.path = ${nothing.like.it}")]
    public void Should_name_the_file_when_it_is_not_hocon(string text)
    {
        var failure = Assert.Throws<SettingsException>(() => Create(text));

        Assert.Contains("user.conf", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kata-actors.hypervisor = 3")]
    [InlineData("kata-actors = []")]
    public void Should_refuse_a_value_in_the_place_of_a_section(string text) => Assert.Throws<SettingsException>(() => Create(text));

    [Fact]
    public void Should_name_the_file_when_it_does_not_exist()
    {
        var failure = Assert.Throws<SettingsException>(() => DaemonConfiguration.Load(Repository.ReferenceConfiguration, _directory.File("none.conf")));

        Assert.Contains("none.conf", failure.Message, StringComparison.Ordinal);
    }

    private DaemonSettings Create(string user) =>
        DaemonSettings.Create(DaemonConfiguration.Load(Repository.ReferenceConfiguration, _directory.Write("user.conf", user)), s_install);
}
