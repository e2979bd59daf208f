using System.Collections.Immutable;
using Akka.Actor;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>Plug and unplug of vCPUs of a running VM.</summary>
public sealed class VcpuHotplugSpecs : HypervisorActorTest
{
    [Fact]
    public void Should_tell_the_new_threads_when_vcpus_are_plugged_and_unplugged()
    {
        var actor = LaunchWith();

        Assert.Equal("4711 9000 9001", Set(actor, 3));
        Assert.Equal(["vcpu1", "vcpu2"], Vmm!.Monitor.HotPlugged.Keys.Order());
        Assert.Equal("4711 9000", Set(actor, 2));
        Assert.Equal(["vcpu1"], Vmm.Monitor.HotPlugged.Keys);
        Assert.Equal("4711 9000", Set(actor, 2));
    }

    [Fact]
    public void Should_leave_the_vcpus_of_the_command_line_when_fewer_are_asked_for()
    {
        var actor = LaunchWith();

        Assert.Equal("4711", Set(actor, 0));
    }

    [Fact]
    public void Should_plug_as_many_as_there_are_places_for_when_more_are_asked_for()
    {
        var actor = LaunchWith();
        Vmm!.Monitor.VcpuSlots = 2;

        Assert.Equal("4711 9000", Set(actor, 5));
    }

    [Fact]
    public void Should_end_by_its_deadline_and_say_so_when_the_guest_keeps_a_vcpu()
    {
        var actor = LaunchWith(new FakeQmpFaults { GuestKeepsVcpus = true }, TimeSpan.FromMilliseconds(50));
        Set(actor, 3);

        Assert.Equal("4711 9000 9001: the guest has not let go of 2 of 2 vCPUs within 0.05 s", Set(actor, 1));
    }

    [Fact]
    public void Should_tell_the_threads_and_why_when_qemu_refuses_a_vcpu()
    {
        var actor = LaunchWith(new FakeQmpFaults { Errors = ImmutableDictionary<string, string>.Empty.Add("device_add", "no room") });

        Assert.Equal("4711: monitor: device_add: no room", Set(actor, 2));
    }

    [Fact]
    public void Should_fail_when_the_answer_about_places_is_malformed()
    {
        var actor = LaunchWith(new FakeQmpFaults
        {
            RawReplies = ImmutableDictionary<string, string>.Empty.Add("query-hotpluggable-cpus", """{"return": [{"props": {}}], "id": $id}"""),
        });
        actor.Tell(new HypervisorProtocol.SetVcpus(2), TestActor);

        Assert.Equal("monitor: query-hotpluggable-cpus: unexpected reply", ExpectMsg<HypervisorFailure>(Long).Failure.Message);
    }

    [Fact]
    public void Should_unplug_nothing_under_translation()
    {
        VmSpec = VmSpec with { Accelerator = Accelerator.Tcg };
        var (_, actor) = Create();
        Launch(actor);

        Assert.Equal("4711 9000", Set(actor, 2));
        Assert.Equal("4711 9000", Set(actor, 1));
    }

    private IActorRef LaunchWith(FakeQmpFaults? faults = null, TimeSpan? unplug = null)
    {
        VmSpec = VmSpec with { Accelerator = Accelerator.Kvm };
        var (_, actor) = Create(faults, Patient with { UnplugTimeout = unplug ?? Deadline.Span * 10 });
        Launch(actor);
        return actor;
    }

    private string Set(IActorRef actor, int count)
    {
        actor.Tell(new HypervisorProtocol.SetVcpus(count), TestActor);
        var set = ExpectMsg<HypervisorProtocol.VcpusSet>(Long);
        return string.Join(' ', set.Tids) + (set.Shortfall is null ? "" : $": {set.Shortfall}");
    }
}
