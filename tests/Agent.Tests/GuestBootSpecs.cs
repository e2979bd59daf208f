using KataActors.Protocol.Agent;
using KataActors.Protocol.Channel;

namespace KataActors.Agent.Tests;

public sealed class GuestBootSpecs(ITestOutputHelper output)
{
    [Fact]
    public async Task Should_answer_health_version_and_details_when_the_guest_boots()
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await using var vm = await GuestVm.BootAsync();

        var health = await vm.Agent.CheckAsync(new CheckRequest(), GuestVm.CallTimeout, CancellationToken.None);
        output.WriteLine($"first answer: {watch.ElapsedMilliseconds} ms wall, {vm.CpuTime.TotalMilliseconds:0} ms CPU");
        var version = await vm.Agent.VersionAsync(new CheckRequest(), GuestVm.CallTimeout, CancellationToken.None);
        var details = await vm.Agent.GetGuestDetailsAsync(new GuestDetailsRequest { MemBlockSize = true }, GuestVm.CallTimeout, CancellationToken.None);
        output.WriteLine($"kernel {details.KernelRelease}, agent RSS {details.AgentRssKib} KiB");

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        Assert.NotEmpty(version.AgentVersion);
        Assert.NotEqual(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), details.KernelRelease);
        Assert.True(details.AgentDetails.InitDaemon);
        Assert.InRange(details.AgentRssKib, 1u, 16384u);
    }

    [Fact]
    public async Task Should_answer_the_last_host_when_others_came_and_left()
    {
        await using var vm = await GuestVm.BootAsync();
        for (var round = 0; round < 20; round++)
        {
            // A whole preamble, and parts of one.
            byte[] hello = [0xf5, .. "KA-HOST-HELLO-1"u8, .. new byte[16]];
            await vm.VisitAsync(hello[..(round % 3 == 0 ? 20 : 32)]);
            await vm.ConnectAsync(ChannelTiming.Reconnect);

            var health = await vm.Agent.CheckAsync(new CheckRequest(), GuestVm.CallTimeout, CancellationToken.None);
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        }
    }

    [Fact]
    public async Task Should_run_its_first_container_when_it_had_settled_before()
    {
        await using var vm = await GuestVm.BootAsync();
        for (var round = 0; round < 2; round++)
        {
            await vm.Agent.GetGuestDetailsAsync(new GuestDetailsRequest { Settle = true }, GuestVm.CallTimeout, CancellationToken.None);
        }

        await GuestFixture.CreateSandboxAsync(vm);
        foreach (var name in new[] { "first", "second" })
        {
            var container = new GuestContainer(vm, name, ["sh", "-c", "hostname; echo pid $$; exit 3"]);
            Assert.Equal((3, "guest-of-tests\npid 1", ""), await container.RunAsync());
        }
    }

    [Fact]
    public async Task Should_run_containers_when_it_had_run_one_before_it_knew_its_sandbox()
    {
        await using var vm = await GuestVm.BootAsync();
        await GuestFixture.CreateSandboxAsync(vm, id: "");
        Assert.Equal((0, "", ""), await new GuestContainer(vm, "rehearsal", ["true"]).RunAsync());
        await vm.Agent.GetGuestDetailsAsync(new GuestDetailsRequest { Settle = true }, GuestVm.CallTimeout, CancellationToken.None);

        await GuestFixture.CreateSandboxAsync(vm);
        foreach (var name in new[] { "first", "second" })
        {
            // Its own cgroup is the only one: the others went with their containers.
            var container = new GuestContainer(vm, name, ["sh", "-c", "hostname; ls -d /groups/*/ | wc -l"]);
            container.Spec.Mounts.Add(new Mount { Destination = "/groups", Type = "bind", Source = "/sys/fs/cgroup/kata", Options = { "bind", "ro" } });
            Assert.Equal((0, "guest-of-tests\n1", ""), await container.RunAsync());
        }
    }

    [Fact]
    public async Task Should_let_go_of_what_it_had_prepared_when_the_sandbox_is_destroyed_unused()
    {
        await using var vm = await GuestVm.BootAsync();
        await vm.Agent.GetGuestDetailsAsync(new GuestDetailsRequest { Settle = true }, GuestVm.CallTimeout, CancellationToken.None);
        for (var round = 0; round < 2; round++)
        {
            await GuestFixture.CreateSandboxAsync(vm);
            await vm.Agent.DestroySandboxAsync(new DestroySandboxRequest(), GuestVm.CallTimeout, CancellationToken.None);
        }
    }
}
