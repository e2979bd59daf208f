using System.Text.Json.Nodes;
using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux.Netlink;
using KataActors.Model.Journal;
using KataActors.Network;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The network of a new sandbox, as decided by the core.</summary>
public sealed class ConnectNetworkSpecs
{
    private static readonly Google.Protobuf.WellKnownTypes.Empty s_empty = new();

    private static readonly NetworkView s_view = new(
        4,
        [SimulatedHost.Endpoint],
        [new EndpointRoute("eth0", false, "", "10.0.0.1", "", 0, 0)],
        [new EndpointNeighbor("eth0", false, "10.0.0.9", "02:00:00:00:00:09", 0x80, 0)],
        []);

    private readonly Decider _core = Decider.New("c");
    private readonly Decision _begun;

    public ConnectNetworkSpecs() => _begun = _core.Create("c", Specs.InNetwork);

    [Fact]
    public void Should_look_at_the_namespace_at_once_and_record_the_intent_before_it_connects()
    {
        Assert.Contains("Scan", _begun.EffectNames);

        var connect = _core.Reply(_begun, "Scan", new NetworkProtocol.Scanned(s_view));

        Assert.Equal([new NetworkBegun { Namespace = 4, Interfaces = { SimulatedHost.Endpoint.Index } }], connect.Events);
        Assert.Equal(["Connect"], connect.EffectNames);
    }

    [Fact]
    public void Should_plug_when_the_agent_answers_and_then_tell_the_guest()
    {
        Assert.DoesNotContain("PlugInterfaces", Connected().EffectNames);
        var plug = Reach();
        var command = Assert.IsType<HypervisorProtocol.PlugInterfaces>(plug.Effects.OfType<AwaitedEffect.Ask>().Single(ask => ask.Resource == ResourceKind.Hypervisor).Command);
        Assert.Equal(["02:00:00:00:00:01"], command.Interfaces.Select(made => made.HardwareAddress));

        var call = _core.Reply(plug, "PlugInterfaces", new HypervisorProtocol.InterfacesPlugged());
        var told = new List<IMessage>();
        while (call.Effects.OfType<AwaitedEffect.Ask>().SingleOrDefault(ask => ask.Resource == ResourceKind.Agent) is { Command: AgentProtocol.Invoke invoke } ask)
        {
            told.Add(invoke.Request);
            call = _core.On(new Done(ask.Id, new AgentProtocol.Invoked(null, s_empty)));
        }

        Assert.Equal(["UpdateInterfaceRequest", "UpdateRoutesRequest", "AddARPNeighborsRequest"], told.Select(request => request.Descriptor.Name));
        Assert.Contains(new Effect.Dismiss(ResourceKind.Network), call.Effects);
        var made = Assert.IsType<UpdateInterfaceRequest>(told[0]).Interface;
        Assert.Equal(("eth0", 1500UL, "02:00:00:00:00:01", "10.0.0.2", "24"), (made.Name, made.Mtu, made.HwAddr, made.IPAddresses[0].Address, made.IPAddresses[0].Mask));
    }

    [Fact]
    public void Should_do_nothing_when_there_is_no_interface()
    {
        var end = _core.Reply(_begun, "Scan", new NetworkProtocol.Scanned(s_view with { Endpoints = [] }));

        Assert.Empty(end.Events);
        Assert.Contains(new Effect.Dismiss(ResourceKind.Network), end.Effects);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Should_look_when_the_hooks_of_the_creation_have_run(bool hasPath)
    {
        var core = Decider.New("c");
        var begun = core.Create("c", spec =>
        {
            spec["hooks"] = JsonNode.Parse("""{"prestart": [{"path": "/a"}]}""");
            if (hasPath)
            {
                Specs.InNetwork(spec);
            }
        });
        Assert.DoesNotContain("Scan", begun.EffectNames);

        var ran = core.On(new HooksRan("c", ByteString.Empty, new WaitingRequester(new RequesterId(2), new SandboxCommands.Finished(true))));

        Assert.Equal(["Scan"], ran.EffectNames.Where(name => name == "Scan"));
    }

    [Fact]
    public void Should_ask_for_no_network_without_a_path() => Assert.DoesNotContain("Scan", Decider.New("c").Create("c").EffectNames);

    [Theory]
    [InlineData("Connect")]
    [InlineData("PlugInterfaces")]
    [InlineData("Invoke UpdateInterfaceRequest")]
    public void Should_take_everything_back_before_the_requester_hears_of_a_failure(string step)
    {
        var failure = new Failure(FailureCode.Internal, "no");
        var failed = step switch
        {
            "Connect" => _core.Reply(_core.Reply(_begun, "Scan", new NetworkProtocol.Scanned(s_view)), step, new NetworkProtocol.NetworkFailed(failure)),
            "PlugInterfaces" => _core.Reply(Reached(), step, new HypervisorFailure(new HypervisorProtocol.PlugInterfaces([]), failure)),
            _ => _core.Reply(_core.Reply(Reached(), "PlugInterfaces", new HypervisorProtocol.InterfacesPlugged()), step, new AgentProtocol.InvokeFailed(null, failure)),
        };
        Assert.Empty(failed.Replies);

        var release = _core.Reply(_core.UntilStop(failed), "EndVms", new VmsEnded());

        Assert.Equal(["Release"], release.EffectNames);
        var cgroups = _core.Reply(release, "Release", new NetworkProtocol.Released());
        var directory = _core.Reply(cgroups, "Destroy", new CgroupProtocol.Destroyed());
        var end = _core.Reply(directory, "Release", new StorageProtocol.Released());
        Assert.Equal([new Failure(FailureCode.Internal, "cannot create container \"c\": network: no")], end.Replies);
    }

    private Decision Connected() => _core.Reply(
        _core.Reply(_begun, "Scan", new NetworkProtocol.Scanned(s_view)), "Connect", new NetworkProtocol.Connected([new TapDevice("tap0_kata", new SafeFileHandle())]));

    private Decision Reached()
    {
        Connected();
        return Reach();
    }

    private Decision Reach()
    {
        _core.Outside = _core.Outside with { AgentConnected = true };
        return _core.On(new AgentReturned());
    }
}
