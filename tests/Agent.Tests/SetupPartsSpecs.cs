using KataActors.Agent.Boot;
using KataActors.Agent.Containers;
using KataActors.Agent.Rpc;
using KataActors.Agent.Setup;
using KataActors.TestSupport;

namespace KataActors.Agent.Tests;

public sealed class SetupPartsSpecs
{
    [Fact]
    public void Should_know_capabilities_by_name_and_report_the_rest()
    {
        var unknown = new List<string>();

        var mask = CapabilityNames.Mask(["CAP_CHOWN", "CAP_CHECKPOINT_RESTORE", "CAP_FLY", "CHOWN", "CAP_BPF"], last: 39, unknown.Add);

        Assert.Equal(1ul | (1ul << 39), mask);
        Assert.Equal(["CAP_CHECKPOINT_RESTORE", "CAP_FLY", "CHOWN"], unknown);
    }

    [Theory]
    [InlineData("RLIMIT_CPU", 0)]
    [InlineData("RLIMIT_NOFILE", 7)]
    [InlineData("RLIMIT_RTTIME", 15)]
    [InlineData("RLIMIT_", null)]
    [InlineData("nofile", null)]
    public void Should_know_resource_limits_by_name(string name, int? number) => Assert.Equal(number, ResourceLimits.Number(name));

    [Theory]
    [InlineData(0u, "/root")]
    [InlineData(7u, "/")]
    [InlineData(8u, "/")]
    [InlineData(4242u, "/")]
    public void Should_find_the_home_folder_in_passwd(uint user, string home) =>
        Assert.Equal(home, HomeFolder.Find("broken\nroot:x:0:0:root:/root:/bin/sh\nempty:x:7:7:::\nword:x:eight:8::/word:\n", user));

    [Fact]
    public void Should_carry_reports_whole_and_bounded()
    {
        var report = SetupChannel.Encode(SetupChannel.Failed, new string('ä', 5000));

        Assert.Equal(SetupChannel.LongestReport, report.Length);
        Assert.Equal(SetupChannel.Failed, report[0]);
        Assert.Equal("why", SetupChannel.Message(SetupChannel.Encode(SetupChannel.InvalidRequest, "why")));
    }

    [Theory]
    [InlineData(15, true)]
    [InlineData(9, true)]
    [InlineData(34, true)]
    [InlineData(17, false)]
    [InlineData(19, false)]
    [InlineData(28, false)]
    public void Should_know_the_signals_that_end_a_process(int signal, bool ends) => Assert.Equal(ends, ProcessSignals.EndsByDefault(signal));

    [Theory]
    [InlineData("00200000-7ffd0000 ---p 00000000 00:00 0 [rollup]\nRss:    1234 kB\nPss:     1200 kB\n", 1234ul)]
    [InlineData("Pss:     1200 kB\n", 0ul)]
    public void Should_read_the_resident_set(string rollup, ulong kib) => Assert.Equal(kib, GuestDetails.ResidentKib(rollup));

    [Theory]
    [InlineData("vport0p1")]
    [InlineData("vport3p7")]
    public void Should_find_a_port_by_its_name(string device)
    {
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(folder.File("vport1p1"));
        Directory.CreateDirectory(folder.File(device));
        folder.Write("vport1p1/name", "other\n");
        folder.Write($"{device}/name", "agent.channel.0\n");

        Assert.Equal(device, VirtioPorts.TryFind("agent.channel.0", folder.Path));
        Assert.Null(VirtioPorts.TryFind("agent.channel", folder.Path));
        Assert.Null(VirtioPorts.TryFind("agent.channel.0", folder.File("missing")));
    }
}
