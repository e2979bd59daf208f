using System.Text.Json;
using KataActors.Oci;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The requests of <c>update</c>, and its refusals before any request.</summary>
public class UpdateSpecs
{
    [Theory]
    [InlineData("--cpu-quota 20000 --cpu-period 100000", """{"cpu": {"quota": 20000, "period": 100000}}""")]
    [InlineData("--cpu-quota=-1 --cpu-share 2", """{"cpu": {"quota": -1, "shares": 2}}""")]
    [InlineData("--cpuset-cpus 0-1 --cpuset-mems 0", """{"cpu": {"cpus": "0-1", "mems": "0"}}""")]
    [InlineData("--memory 64m --memory-reservation 1024 --memory-swap 1G --pids-limit -1", """{"memory": {"limit": 67108864, "reservation": 1024, "swap": 1073741824}, "pids": {"limit": -1}}""")]
    [InlineData("--memory -1", """{"memory": {"limit": -1}}""")]
    [InlineData("--blkio-weight 0 --memory 2Kb", """{"memory": {"limit": 2048}}""")]
    [InlineData("--kernel-memory 50m --kernel-memory-tcp 1G", """{"memory": {"kernel": 52428800, "kernelTCP": 1073741824}}""")]
    [InlineData("--cpu-rt-period 100000 --cpu-rt-runtime -1", """{"cpu": {"realtimePeriod": 100000, "realtimeRuntime": -1}}""")]
    public async Task Should_send_what_the_flags_say(string flags, string expected)
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync(["update", .. flags.Split(' '), "c1"]));

        var (sent, meant) = (Parse(Sent(fixture)), Parse(System.Text.Encoding.UTF8.GetBytes(expected)));
        Assert.Equal((meant.Cpu ?? new CpuSpec(), meant.Memory ?? new MemorySpec(), meant.Pids ?? new PidsSpec()), (sent.Cpu, sent.Memory, sent.Pids));
    }

    [Fact]
    public async Task Should_send_the_weight_of_disk_access()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("update", "--blkio-weight", "500", "c1"));

        var sent = JsonDocument.Parse(Sent(fixture)).RootElement;
        Assert.Equal(500, sent.GetProperty("blockIO").GetProperty("weight").GetInt32());
    }

    [Fact]
    public async Task Should_send_a_document_as_it_is_and_show_the_daemons_warnings()
    {
        const string document = """{"cpu": {"quota": 5000}, "more": 1}""";
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        fixture.Daemon.Updated = new UpdateResponse { Warnings = { "a vCPU stays" } };
        File.WriteAllText(fixture.File("limits"), document);

        var result = await fixture.RunAsync("--log", fixture.File("log"), "--log-format", "json", "update", "--resources", fixture.File("limits"), "--memory", "ignored", "c1");

        Assert.Equal(new CommandResult(0, "", "kata-actors: warning: a vCPU stays\n"), result);
        Assert.Equal(document, System.Text.Encoding.UTF8.GetString(Sent(fixture)));
        Assert.Equal("warning", JsonDocument.Parse(File.ReadAllText(fixture.File("log"))).RootElement.GetProperty("level").GetString());
    }

    [Theory]
    [InlineData("update c1", 2, "\"update\" needs at least one limit to change")]
    [InlineData("update --cpu-quota 1", 2, "\"update\" needs a container id")]
    [InlineData("update --cpu-quota many c1", 2, "--cpu-quota \"many\" is not a whole number")]
    [InlineData("update --cpu-quota 9223372036854775808 c1", 2, "--cpu-quota \"9223372036854775808\" is not a whole number")]
    [InlineData("update --memory 12q c1", 2, "--memory \"12q\" is not a number of bytes")]
    [InlineData("update --memory m c1", 2, "--memory \"m\" is not a number of bytes")]
    [InlineData("update --memory 9999999999t c1", 2, "--memory \"9999999999t\" is not a number of bytes")]
    [InlineData("update --blkio-weight heavy c1", 2, "--blkio-weight \"heavy\" is not a whole number")]
    [InlineData("update --blkio-weight 65536 c1", 2, "--blkio-weight 65536 is out of range: 0 to 65535 is allowed")]
    [InlineData("update --blkio-weight -1 c1", 2, "--blkio-weight -1 is out of range: 0 to 65535 is allowed")]
    [InlineData("update --cpu-rt-period x c1", 2, "--cpu-rt-period \"x\" is not a whole number")]
    [InlineData("update --cpu-rt-period -1 c1", 2, "--cpu-rt-period -1 is out of range: 0 to 9223372036854775807 is allowed")]
    [InlineData("update --cpu-rt-runtime 1.5 c1", 2, "--cpu-rt-runtime \"1.5\" is not a whole number")]
    [InlineData("update --kernel-memory x c1", 2, "--kernel-memory \"x\" is not a number of bytes")]
    [InlineData("update --kernel-memory-tcp 1z c1", 2, "--kernel-memory-tcp \"1z\" is not a number of bytes")]
    [InlineData("update --resources /none c1", 1, "--resources \"/none\": no such file or directory")]
    [InlineData("update --resources /dev/zero c1", 1, "--resources \"/dev/zero\": is a character device, not a regular file")]
    [InlineData("update --frob 1 c1", 2, "flag \"--frob\" of \"update\" is unknown")]
    public async Task Should_refuse_what_makes_no_sense(string line, int code, string message)
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");

        var result = await fixture.RunAsync(line.Split(' '));

        Assert.Equal((code, $"kata-actors: {message}\n"), (result.ExitCode, result.Errors));
        Assert.Empty(fixture.Daemon.Requests.OfType<UpdateRequest>());
    }

    private static byte[] Sent(CliFixture fixture) => Assert.Single(fixture.Daemon!.Requests.OfType<UpdateRequest>()).Resources.ToByteArray();

    private static ResourcesSpec Parse(byte[] document)
    {
        Assert.True(ResourcesUpdate.TryParse(document, out var resources, out var error), error?.Message);
        return resources;
    }
}
