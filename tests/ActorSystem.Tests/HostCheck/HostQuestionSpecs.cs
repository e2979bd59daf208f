using System.Text.Json;
using KataActors.Linux;
using KataActors.Runtime.Tests.Hosting;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.HostCheck;

/// <summary>The real program on this host. It leaves nothing behind, for it starts no daemon.</summary>
public sealed class HostQuestionSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string RunDirectory => _directory.File("run");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Should_look_at_everything_and_touch_nothing()
    {
        var (exit, output) = await AskAsync("--check=verbose");

        Assert.Equal(new ProcessExit(0, null), exit);
        Assert.Equal(
            ["user", "architecture", "kernel", "configuration", "CPU", "/dev/kvm", "accelerator", "vCPUs", "vsock", "QEMU", "guest kernel", "guest image", "cgroups", "descriptors", "template", "memory"],
            output.Split('\n')[..^2].Select(line => line[9..24].TrimEnd()));
        Assert.EndsWith("containers can run on this host\n", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(RunDirectory));
    }

    [Theory]
    [InlineData("kata-actors.hypervisor.path = /no/such/qemu", "QEMU: \"/no/such/qemu\": no such file or directory")]
    [InlineData("kata-actors.hypervisor.kernel = /etc", "guest kernel: \"/etc\": is a directory")]
    [InlineData("kata-actors.hypervisor.initramfs = /no/such", "guest image: \"/no/such\": no such file or directory")]
    [InlineData("kata-actors.hypervisor.nonsense = 1", "configuration: \"{config}\": kata-actors.hypervisor.nonsense: is not a key of this program")]
    public async Task Should_fail_when_no_container_can_run(string line, string cause)
    {
        var config = _directory.Write("user.conf", line);

        var (exit, output) = await AskAsync("--config", config, "--check=json");

        Assert.Equal(new ProcessExit(1, null), exit);
        var end = output.LastIndexOf("kata-actorsd: ", StringComparison.Ordinal);
        Assert.Equal($"kata-actorsd: containers cannot run on this host: {cause.Replace("{config}", config, StringComparison.Ordinal)}\n", output[end..]);
        Assert.False(JsonDocument.Parse(output[..end]).RootElement.GetProperty("capable").GetBoolean());
    }

    [Fact]
    public async Task Should_show_the_configuration_in_effect()
    {
        var config = _directory.Write("user.conf", "kata-actors.hypervisor { kernel-params = \"a=\\\"1 2\\\"\", default-memory = 512 MiB }");

        var (exit, output) = await AskAsync("--config", config, "--state-directory", _directory.File("state"), "--environment=json");

        Assert.Equal(new ProcessExit(0, null), exit);
        var sections = JsonDocument.Parse(output).RootElement;
        Assert.Equal(
            ["Meta", "Runtime", "Hypervisor", "Image", "Kernel", "Initrd", "Factory", "Daemon", "Agent", "Host"], sections.EnumerateObject().Select(section => section.Name));
        Assert.Equal("a=\"1 2\"", sections.GetProperty("Kernel").GetProperty("Parameters").GetString());
        Assert.Equal(512, sections.GetProperty("Hypervisor").GetProperty("DefaultMemoryMib").GetInt32());
        Assert.Equal(config, sections.GetProperty("Runtime").GetProperty("Config").GetProperty("Path").GetString());
        Assert.Equal(_directory.File("state"), sections.GetProperty("Daemon").GetProperty("StateDirectory").GetString());
        Assert.Equal(Path.Combine(InstalledProduct.Prefix, "bin", "kata-actors"), sections.GetProperty("Runtime").GetProperty("Path").GetString());
        Assert.True(sections.GetProperty("Host").GetProperty("VMContainerCapable").GetBoolean());
        Assert.Contains("Parameters = \"a=\\\"1 2\\\"\"\n", (await AskAsync("--config", config, "--environment=text")).Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(RunDirectory));
    }

    [Fact]
    public async Task Should_refuse_to_show_a_wrong_configuration()
    {
        var (exit, output) = await AskAsync("--config", _directory.Write("user.conf", "kata-actors.nonsense = 1"), "--environment=text");
        Assert.Equal(new ProcessExit(1, null), exit);
        Assert.StartsWith("kata-actorsd: configuration \"", output, StringComparison.Ordinal);
    }

    private async Task<(ProcessExit Exit, string Output)> AskAsync(params string[] arguments)
    {
        await using var process = DaemonProcess.Start(["--address", Path.Combine(RunDirectory, "daemon.sock"), .. arguments]);
        var output = await process.ReadErrorsAsync();
        return (await process.WaitAsync(), output);
    }
}
