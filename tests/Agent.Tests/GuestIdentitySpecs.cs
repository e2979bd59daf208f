using Google.Protobuf;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>The identity that a cloned guest gets from the host.</summary>
public sealed class GuestIdentitySpecs
{
    private const string MachineId = "0123456789abcdef0123456789abcdef";
    private static readonly DateTimeOffset s_time = new(2033, 5, 18, 3, 33, 20, TimeSpan.Zero);

    [Fact]
    public async Task Should_take_on_clock_machine_id_and_random_numbers_with_its_sandbox()
    {
        await using var vm = await GuestVm.BootAsync();
        var before = await vm.Agent.GetGuestDetailsAsync(new GuestDetailsRequest(), GuestVm.CallTimeout, CancellationToken.None);
        Assert.Equal("", before.MachineId);
        var identity = new GuestIdentity
        {
            Entropy = ByteString.CopyFrom(new byte[512]),
            WallClockUnixNs = s_time.ToUnixTimeMilliseconds() * 1_000_000,
            HostName = "a-guest",
            MachineId = MachineId,
        };

        await GuestFixture.CreateSandboxAsync(vm, identity);

        var after = await vm.Agent.GetGuestDetailsAsync(new GuestDetailsRequest(), GuestVm.CallTimeout, CancellationToken.None);
        Assert.Equal(MachineId, after.MachineId);
        var container = new GuestContainer(vm, "clock", ["sh", "-c", "date +%s"]);
        var (_, output, _) = await container.RunAsync();
        Assert.InRange(long.Parse(output) - s_time.ToUnixTimeSeconds(), 0, 60);
    }

    [Fact]
    public async Task Should_give_a_sandbox_that_was_prepared_without_an_id_to_the_first_that_has_one()
    {
        await using var vm = await GuestVm.BootAsync();
        await GuestFixture.CreateSandboxAsync(vm, id: "");

        await GuestFixture.CreateSandboxAsync(vm);

        var container = new GuestContainer(vm, "first", ["sh", "-c", "hostname"]);
        Assert.Equal((0, "guest-of-tests", ""), await container.RunAsync());
        var again = await Assert.ThrowsAsync<TtrpcException>(() => GuestFixture.CreateSandboxAsync(vm));
        Assert.Equal(StatusCode.AlreadyExists, again.Code);
        await vm.Agent.DestroySandboxAsync(new DestroySandboxRequest(), GuestVm.CallTimeout, CancellationToken.None);
        await GuestFixture.CreateSandboxAsync(vm);
    }

    [Fact]
    public async Task Should_call_the_host_as_its_guest_when_the_sandbox_has_no_name_for_it()
    {
        await using var vm = await GuestVm.BootAsync();
        await GuestFixture.CreateSandboxAsync(vm, new GuestIdentity { HostName = "waiting" }, id: "", hostname: "");
        Assert.Equal((0, "waiting", ""), await new GuestContainer(vm, "rehearsal", ["hostname"]).RunAsync());

        await GuestFixture.CreateSandboxAsync(vm, new GuestIdentity { HostName = "taken" }, hostname: "");

        Assert.Equal((0, "taken", ""), await new GuestContainer(vm, "first", ["hostname"]).RunAsync());
    }

    // In a VM of its own: the containers of a sandbox share the name, and its first container sets it.
    [Fact]
    public async Task Should_take_the_hostname_of_a_container_in_place_of_the_sandboxs()
    {
        await using var vm = await GuestFixture.BootWithSandboxAsync();
        var container = new GuestContainer(vm, "named", ["hostname"]);
        container.Spec.Hostname = "own-name";

        Assert.Equal((0, "own-name", ""), await container.RunAsync());
    }

    [Fact]
    public async Task Should_mount_storages_only_where_a_containers_root_lets_go_of_them()
    {
        await using var vm = await GuestVm.BootAsync();
        var request = new CreateSandboxRequest { SandboxId = "sandbox", Storages = { new Storage { Driver = "ephemeral", Source = "tmpfs", MountPoint = "/etc" } } };

        await RefusedAsync(() => vm.Agent.CreateSandboxAsync(request, GuestVm.CallTimeout, CancellationToken.None));
    }

    [Fact]
    public async Task Should_serve_katas_own_calls_and_refuse_what_is_wrong()
    {
        await using var vm = await GuestVm.BootAsync();
        await vm.Agent.ReseedRandomDevAsync(new ReseedRandomDevRequest { Data = ByteString.CopyFrom(new byte[512]) }, GuestVm.CallTimeout, CancellationToken.None);
        await vm.Agent.SetGuestDateTimeAsync(new SetGuestDateTimeRequest { Sec = s_time.ToUnixTimeSeconds(), Usec = 5 }, GuestVm.CallTimeout, CancellationToken.None);

        await RefusedAsync(() => vm.Agent.ReseedRandomDevAsync(new ReseedRandomDevRequest(), GuestVm.CallTimeout, CancellationToken.None));
        await RefusedAsync(() => vm.Agent.SetGuestDateTimeAsync(new SetGuestDateTimeRequest { Sec = -1 }, GuestVm.CallTimeout, CancellationToken.None));
        await RefusedAsync(() => vm.Agent.SetGuestDateTimeAsync(new SetGuestDateTimeRequest { Usec = 1_000_000 }, GuestVm.CallTimeout, CancellationToken.None));
        await RefusedAsync(() => GuestFixture.CreateSandboxAsync(vm, new GuestIdentity { MachineId = "../../etc" }));

        await GuestFixture.CreateSandboxAsync(vm);
    }

    private static async Task RefusedAsync(Func<Task> call) =>
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<TtrpcException>(call)).Code);
}
