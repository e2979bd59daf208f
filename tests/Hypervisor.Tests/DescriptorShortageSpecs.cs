using Akka.Actor;
using Akka.Event;
using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>A healthy VMM during a shortage of descriptors: it is neither taken for dead nor given up.</summary>
[Collection(ProcessWide.Name)]
public sealed class DescriptorShortageSpecs : HypervisorActorTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Should_adopt_when_there_are_descriptors_again(int left)
    {
        Vmm = FakeVmm.Start(VmSpec);
        await AdoptOnceAsync();
        var (parent, actor) = CreateWith(NoLauncher);
        parent.Watch(actor);

        var warnings = Warnings();
        using (new DescriptorShortage(left))
        {
            Adopt(actor);
            warnings.FishForMessage<Warning>(warning => $"{warning.Message}".Contains("again: ", StringComparison.Ordinal), Long);
        }

        Assert.Equal(Vmm.Process.Identity, ExpectMsg<HypervisorProtocol.Adopted>(Long).Vmm);
        parent.ExpectNoMsg(TimeSpan.Zero);
        Vmm.Signal(Signals.SIGKILL);
        parent.ExpectMsg<HypervisorProtocol.VmmDied>(Long);
    }

    [Fact]
    public async Task Should_say_that_it_cannot_tell_when_it_is_stopped_before_it_can_look()
    {
        Vmm = FakeVmm.Start(VmSpec);
        await AdoptOnceAsync();
        var (_, actor) = CreateWith(NoLauncher);

        using (new DescriptorShortage())
        {
            Adopt(actor);
            actor.Tell(new HypervisorProtocol.Stop(), TestActor);
            Assert.Equal(FailureCode.Unavailable, ExpectMsg<HypervisorFailure>(Long).Failure.Code);
        }

        Assert.True(Vmm.Process.Identity.IsAlive());
        ExpectMsg<HypervisorProtocol.Adopted>(Long);
        Stop(actor);
        Assert.False(Vmm.Process.Identity.IsAlive());
    }

    [Fact]
    public void Should_not_pass_over_a_vmm_that_cannot_be_looked_at()
    {
        using var vmm = PlayedVmm.Start();
        Assert.Single(VmmFinder.Find(vmm.Uuid, PlayedVmm.Program));

        using (new DescriptorShortage(1))
        {
            // One descriptor lists the processes; none is left to examine them.
            Assert.Equal(Errno.EMFILE, Assert.Throws<LinuxException>(() => VmmFinder.Find(vmm.Uuid, PlayedVmm.Program)).Errno);
        }
    }

    // So that all needed code is loaded.
    private async Task AdoptOnceAsync()
    {
        var (parent, first) = CreateWith(NoLauncher);
        Adopt(first);
        ExpectMsg<HypervisorProtocol.Adopted>(Long);
        parent.Watch(first);
        Sys.Stop(first);
        await parent.ExpectTerminatedAsync(first, Long);
    }
}
