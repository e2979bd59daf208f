using System.Collections.Immutable;
using Akka.Actor;
using KataActors.Linux;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Hypervisor.Tests;

/// <summary>Network interfaces that are plugged into a running VM.</summary>
public sealed class InterfaceHotplugSpecs : HypervisorActorTest
{
    private readonly SafeFileHandle _tap = Descriptors.Open("/dev/null", OpenFlags.ReadWrite);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _tap.Dispose();
    }

    [Fact]
    public async Task Should_hand_over_the_tap_interface_and_plug_the_device()
    {
        var actor = LaunchWith();

        actor.Tell(Plug(1), TestActor);

        await ExpectMsgAsync<HypervisorProtocol.InterfacesPlugged>(Long);
        Assert.Equal(["net0-device"], Vmm!.Monitor.HotPlugged.Keys);
        Assert.Equal(["qmp_capabilities", "getfd", "netdev_add", "device_add"], await CommandsAsync(4));
        Assert.False(_tap.IsClosed);
    }

    [Fact]
    public async Task Should_plug_the_first_function_last()
    {
        var actor = LaunchWith();

        actor.Tell(Plug(2), TestActor);

        await ExpectMsgAsync<HypervisorProtocol.InterfacesPlugged>(Long);
        Assert.True(Vmm!.Monitor.HotPlugged["net1-device"] < Vmm.Monitor.HotPlugged["net0-device"]);
    }

    [Fact]
    public async Task Should_fail_when_there_are_more_interfaces_than_places()
    {
        var actor = LaunchWith();

        actor.Tell(Plug(9), TestActor);

        Assert.Equal(FailureCode.ResourceExhausted, (await ExpectMsgAsync<HypervisorFailure>(Long)).Failure.Code);
        Assert.Empty(Vmm!.Monitor.HotPlugged);
    }

    [Fact]
    public async Task Should_fail_with_the_words_of_qemu_when_it_refuses()
    {
        var actor = LaunchWith(new FakeQmpFaults { Errors = ImmutableDictionary<string, string>.Empty.Add("netdev_add", "no") });

        actor.Tell(Plug(1), TestActor);

        Assert.Equal("monitor: netdev_add: no", (await ExpectMsgAsync<HypervisorFailure>(Long)).Failure.Message);
    }

    private IActorRef LaunchWith(FakeQmpFaults? faults = null)
    {
        VmSpec = VmSpec with { RootPortCount = 1 };
        var (_, actor) = Create(faults);
        Launch(actor);
        return actor;
    }

    private HypervisorProtocol.PlugInterfaces Plug(int count) =>
        new([.. Enumerable.Range(1, count).Select(number => new HypervisorProtocol.TapInterface($"02:00:00:00:00:{number:x2}", _tap))]);

    private async Task<List<string>> CommandsAsync(int count)
    {
        var commands = new List<string>();
        while (commands.Count < count)
        {
            commands.Add(await Vmm!.Monitor.NextCommandAsync());
        }

        return commands;
    }
}
