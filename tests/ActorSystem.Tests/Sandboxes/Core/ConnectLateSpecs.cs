using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Network;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>Interfaces that come between the creation and the start of a sandbox's own container, as decided by the core.</summary>
public sealed class ConnectLateSpecs
{
    private static readonly NetworkView s_view = new(4, [SimulatedHost.Endpoint], [], [], []);
    private readonly Decider _core = new("s", "c");
    private int _requests;

    public ConnectLateSpecs()
    {
        _core.BeginCreation("s");
        _core.Record(new ContainerCreated { Id = "s" });
    }

    [Fact]
    public void Should_look_at_the_namespace_of_the_stand_in_and_start_when_nothing_is_there()
    {
        var look = Start();
        var command = Assert.IsType<NetworkProtocol.Scan>(look.Effects.OfType<AwaitedEffect.Ask>().Single(ask => ask.Resource == ResourceKind.Network).Command);
        Assert.Equal(new ProcessIdentity(8, 80, "boot"), command.Process);
        Assert.DoesNotContain("Start s", look.EffectNames);

        var start = _core.Reply(look, "Scan", new NetworkProtocol.Scanned(s_view with { Endpoints = [] }));

        Assert.Contains("Start s", start.EffectNames);
    }

    [Fact]
    public void Should_start_when_the_interfaces_are_plugged_and_not_look_again()
    {
        var connected = Connect();
        Assert.True(_core.State.Record.NetworkHoldsStart);
        Assert.Contains("cannot start container \"s\": it is being started", Assert.Single(Start().Replies).ToString(), StringComparison.Ordinal);
        var call = _core.Reply(connected, "PlugInterfaces", new Hypervisor.HypervisorProtocol.InterfacesPlugged());
        call = _core.Reply(call, "Invoke UpdateInterfaceRequest", new AgentProtocol.Invoked(null, new Google.Protobuf.WellKnownTypes.Empty()));

        var start = _core.Reply(call, "Invoke UpdateRoutesRequest", new AgentProtocol.Invoked(null, new Google.Protobuf.WellKnownTypes.Empty()));

        Assert.Equal([typeof(NetworkBegun), typeof(ContainerStartBegun)], start.EventTypes);
        Assert.False(_core.State.Record.NetworkHoldsStart);
        Assert.Contains("Start s", start.EffectNames);
        _core.Reply(start, "Start s", new ContainerProtocol.ProcessStarted());
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_not_start_without_an_interface_that_was_not_connected()
    {
        var failed = _core.Reply(Connect(), "PlugInterfaces", new Hypervisor.HypervisorFailure(new Hypervisor.HypervisorProtocol.PlugInterfaces([]), new Failure(FailureCode.Internal, "no")));
        Assert.Equal([new Failure(FailureCode.Internal, "cannot start container \"s\": network: no")], failed.Replies);
        Assert.Empty(_core.State.Operations);

        Assert.Equal([new Failure(FailureCode.FailedPrecondition, "cannot start container \"s\": its network was connected in part only")], Start().Replies);
    }

    [Fact]
    public void Should_not_wait_for_an_agent_that_cannot_be_reached()
    {
        _core.Outside = _core.Outside with { AgentConnected = false };

        var refused = Start();

        Assert.Equal([new Failure(FailureCode.Unavailable, "cannot start container \"s\": network: the agent cannot be reached")], refused.Replies);
        Assert.Empty(refused.EffectNames);
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_look_at_nothing_for_a_container_that_joins()
    {
        _core.BeginCreation("c");
        _core.Record(new ContainerCreated { Id = "c" });

        Assert.Equal(["Start c"], Start("c").EffectNames);
    }

    [Fact]
    public void Should_end_with_the_removal_of_its_container()
    {
        Start();
        _core.Remove("s", whole: true);

        Assert.DoesNotContain(_core.State.Operations.Values, operation => operation is ConnectLate or ConnectNetwork);
    }

    private Decision Connect()
    {
        var connect = _core.Reply(Start(), "Scan", new NetworkProtocol.Scanned(s_view));
        return _core.Reply(connect, "Connect", new NetworkProtocol.Connected([new Linux.Netlink.TapDevice("tap0_kata", new Microsoft.Win32.SafeHandles.SafeFileHandle())]));
    }

    private Decision Start(string id = "s") => _core.On(new Start(id, new WaitingRequester(new RequesterId(++_requests), new SandboxCommands.Started())));
}
