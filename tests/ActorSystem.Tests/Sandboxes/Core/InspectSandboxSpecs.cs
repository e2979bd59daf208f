using System.Collections.Immutable;
using KataActors.Cgroups;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>Inspections, as decided by the core.</summary>
public sealed class InspectSandboxSpecs
{
    private const string AskGuest = "Invoke GuestDetailsRequest";
    private static readonly CgroupProtocol.Status s_groups = new(["/cg"], new CpuLimit(20_000, 100_000), [], [], default);
    private static readonly AgentProtocol.Invoked s_guest = new(null, new GuestDetailsResponse { KernelRelease = "6.1\u001b[31m", AgentRssKib = 5000, MachineId = "ab" });
    private readonly Decider _core = new("s", "c");
    private int _requests = 100;

    [Fact]
    public void Should_tell_of_record_and_cgroups_and_guest()
    {
        _core.On(new VcpusSeen([11, 12]));
        var asked = _core.On(Request());

        Assert.Equal(["GetStatus"], asked.EffectNames);
        var guest = _core.Reply(asked, "GetStatus", s_groups);
        Assert.Equal([AskGuest], guest.EffectNames);
        Assert.Empty(guest.Replies);
        var details = DetailsOf(_core.Reply(guest, AskGuest, s_guest));
        Assert.Equal(["c", "s"], details.Containers.Select(container => container.Key.Id));
        Assert.Equal((2u, 5000ul, "ab"), (details.Vcpus, details.AgentRssKib, details.GuestMachineId));
        Assert.Equal((20_000L, 100_000ul), (details.CfsQuotaUs, details.CfsPeriodUs));
        Assert.Equal("/cg", Assert.Single(details.Cgroups));
        Assert.DoesNotContain('\u001b', details.GuestKernel);
    }

    [Fact]
    public void Should_answer_all_requesters_of_one_inspection()
    {
        var asked = _core.On(Request());
        var guest = _core.Reply(asked, "GetStatus", s_groups);
        Assert.Empty(_core.On(Request()).EffectNames);

        Assert.Equal(2, _core.Reply(guest, AskGuest, s_guest).Replies.Count());
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_do_without_cgroups_that_cannot_be_read()
    {
        var asked = _core.On(Request());
        var guest = _core.Reply(asked, "GetStatus", new CgroupFailure(new CgroupProtocol.GetStatus(), new(FailureCode.Internal, "busy")));

        var details = DetailsOf(_core.Reply(guest, AskGuest, s_guest));
        Assert.Null(details.Cgroup);
        Assert.Equal(5000ul, details.AgentRssKib);
    }

    [Fact]
    public void Should_do_without_what_does_not_come_in_time()
    {
        var guest = _core.Pass(_core.On(Request()), "GetStatus");

        var details = DetailsOf(_core.Pass(guest, AskGuest));
        Assert.Null(details.Cgroup);
        Assert.Equal(0ul, details.AgentRssKib);
    }

    [Fact]
    public void Should_do_without_an_actor_that_is_lost()
    {
        var guest = _core.Reply(_core.On(Request()), "GetStatus", new ResourceLost("cgroup"));

        Assert.Null(DetailsOf(_core.Reply(guest, AskGuest, new ResourceLost("agent"))).Cgroup);
    }

    [Fact]
    public void Should_not_ask_an_agent_that_is_not_connected()
    {
        _core.Outside = _core.Outside with { AgentConnected = false };

        Assert.Equal("/cg", Assert.Single(DetailsOf(_core.Reply(_core.On(Request()), "GetStatus", s_groups)).Cgroups));
    }

    [Fact]
    public void Should_ask_for_nothing_when_the_vm_has_ended()
    {
        _core.Record(new VmStopped { Reason = "it was killed" });

        var answered = _core.On(Request());
        Assert.Empty(answered.EffectNames);
        Assert.Equal("it was killed", DetailsOf(answered).Reason);
    }

    [Fact]
    public void Should_end_with_the_vm()
    {
        var guest = _core.Reply(_core.On(Request()), "GetStatus", s_groups);

        var details = DetailsOf(_core.On(new VmDied("it was killed")));
        Assert.Null(details.Cgroup);
        Assert.Empty(_core.Reply(guest, AskGuest, s_guest).Replies);
    }

    private static SandboxDetails DetailsOf(Decision decision) => Assert.IsType<SandboxDetails>(Assert.Single(decision.Replies));

    private Inspect Request() => new(new RequesterId(++_requests));
}
