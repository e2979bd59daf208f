using Akka.Actor;
using KataActors.Linux;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>The watch over the stand-in of a container.</summary>
[Collection(ProcessWide.Name)]
public sealed class StandInWatchSpecs : ContainerTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Should_not_take_a_stand_in_for_dead_that_cannot_be_looked_at(int descriptorsLeft)
    {
        await WatchOnceAsync();

        IActorRef container;
        using (new DescriptorShortage(descriptorsLeft))
        {
            container = Start(ContainerStatus.Running);
            Parent.Watch(container);
            await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
            container.Tell(new Identify(2), TestActor);
            await ExpectMsgAsync<ActorIdentity>();
        }

        // No process was killed for it, and its end is still reported.
        await Agent.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        await Parent.ExpectNoMsgAsync(TimeSpan.Zero);
        StandIn.Pidfd.Signal(Signals.SIGKILL);
        Assert.Equal("c", (await Parent.ExpectMsgAsync<ContainerProtocol.StandInExited>(Deadline.Span)).Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Should_signal_the_stand_in_only_when_this_boot_has_recorded_it(bool ofThisBoot)
    {
        var container = Start(
            ContainerStatus.Stopped, StandInIdentity with { Boot = ofThisBoot ? ProcessIdentity.BootId : "9f6f6a2e-0000-4000-8000-000000000000" });
        if (!ofThisBoot)
        {
            // The process of that pid and start time is another one.
            await Parent.ExpectMsgAsync<ContainerProtocol.StandInExited>(Deadline.Span);
        }

        container.Tell(new ContainerProtocol.EndStandIn(), TestActor);

        Assert.Equal(new ContainerProtocol.StandInKilled("c", null), await ExpectMsgAsync<ContainerProtocol.StandInKilled>());
        if (ofThisBoot)
        {
            await StandIn.Pidfd.WaitForExitAsync(Deadline.Token);
        }

        Assert.Equal(!ofThisBoot, StandInIdentity.IsAlive());
    }

    [Fact]
    public async Task Should_say_that_a_stand_in_is_left_and_kill_it_when_it_can_be_looked_at()
    {
        await WatchOnceAsync();
        IActorRef container;
        using (new DescriptorShortage())
        {
            container = Start(ContainerStatus.Stopped);
            container.Tell(new ContainerProtocol.EndStandIn(), TestActor);
            Assert.NotNull((await ExpectMsgAsync<ContainerProtocol.StandInKilled>(Deadline.Span)).Problem);
        }

        Assert.True(StandInIdentity.IsAlive());
        container.Tell(new ContainerProtocol.EndStandIn(), TestActor);

        Assert.Equal(new ContainerProtocol.StandInKilled("c", null), await ExpectMsgAsync<ContainerProtocol.StandInKilled>(Deadline.Span));
        await StandIn.Pidfd.WaitForExitAsync(Deadline.Token);
    }

    // So that all code of a watch is loaded.
    private async Task WatchOnceAsync()
    {
        var first = Start(ContainerStatus.Running);
        await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        first.Tell(new Identify(1), TestActor);
        await ExpectMsgAsync<ActorIdentity>();
        Parent.Watch(first);
        Sys.Stop(first);
        await Parent.ExpectTerminatedAsync(first);
    }
}
