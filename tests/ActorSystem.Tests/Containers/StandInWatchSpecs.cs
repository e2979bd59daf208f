using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Linux;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>The watch over the stand-in of a container.</summary>
[Collection(ProcessWide.Name)]
public sealed class StandInWatchSpecs : Akka.Hosting.TestKit.TestKit
{
    private readonly ChildScript _standIn = ChildScript.Start("exec sleep 1000");
    private readonly ProcessIdentity _identity;

    public StandInWatchSpecs() => _identity = ProcessIdentity.TryRead(_standIn.Pid)!.Value;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _standIn.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Should_not_take_a_stand_in_for_dead_that_cannot_be_looked_at(int descriptorsLeft)
    {
        var (parent, agent) = (CreateTestProbe(), CreateTestProbe());
        await WatchOnceAsync(parent, agent);

        IActorRef container;
        using (new DescriptorShortage(descriptorsLeft))
        {
            container = Watch(parent, agent, ContainerStatus.Running);
            parent.Watch(container);
            await agent.ExpectMsgAsync<AgentProtocol.Invoke>();
            container.Tell(new Identify(2), TestActor);
            await ExpectMsgAsync<ActorIdentity>();
        }

        // No process was killed for it, and its end is still reported.
        await agent.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        await parent.ExpectNoMsgAsync(TimeSpan.Zero);
        _standIn.Pidfd.Signal(Signals.SIGKILL);
        Assert.Equal("c", (await parent.ExpectMsgAsync<ContainerProtocol.StandInExited>(Deadline.Span)).Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Should_signal_the_stand_in_only_when_this_boot_has_recorded_it(bool ofThisBoot)
    {
        var (parent, agent) = (CreateTestProbe(), CreateTestProbe());
        var container = Watch(parent, agent, ContainerStatus.Stopped, ofThisBoot ? ProcessIdentity.BootId : "9f6f6a2e-0000-4000-8000-000000000000");
        if (!ofThisBoot)
        {
            // The process of that pid and start time is another one.
            await parent.ExpectMsgAsync<ContainerProtocol.StandInExited>(Deadline.Span);
        }

        container.Tell(new ContainerProtocol.EndStandIn(), TestActor);

        Assert.Equal(new ContainerProtocol.StandInKilled("c", null), await ExpectMsgAsync<ContainerProtocol.StandInKilled>());
        if (ofThisBoot)
        {
            await _standIn.Pidfd.WaitForExitAsync(Deadline.Token);
        }

        Assert.Equal(!ofThisBoot, _identity.IsAlive());
    }

    [Fact]
    public async Task Should_say_that_a_stand_in_is_left_and_kill_it_when_it_can_be_looked_at()
    {
        var (parent, agent) = (CreateTestProbe(), CreateTestProbe());
        await WatchOnceAsync(parent, agent);
        IActorRef container;
        using (new DescriptorShortage())
        {
            container = Watch(parent, agent, ContainerStatus.Stopped);
            container.Tell(new ContainerProtocol.EndStandIn(), TestActor);
            Assert.NotNull((await ExpectMsgAsync<ContainerProtocol.StandInKilled>(Deadline.Span)).Problem);
        }

        Assert.True(_identity.IsAlive());
        container.Tell(new ContainerProtocol.EndStandIn(), TestActor);

        Assert.Equal(new ContainerProtocol.StandInKilled("c", null), await ExpectMsgAsync<ContainerProtocol.StandInKilled>(Deadline.Span));
        await _standIn.Pidfd.WaitForExitAsync(Deadline.Token);
    }

    // So that all code of a watch is loaded.
    private async Task WatchOnceAsync(TestProbe parent, TestProbe agent)
    {
        var first = Watch(parent, agent, ContainerStatus.Running);
        await agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        first.Tell(new Identify(1), TestActor);
        await ExpectMsgAsync<ActorIdentity>();
        parent.Watch(first);
        Sys.Stop(first);
        await parent.ExpectTerminatedAsync(first);
    }

    private IActorRef Watch(TestProbe parent, TestProbe agent, ContainerStatus status, string? boot = null) => parent.ChildActorOf(
        ContainerActor.Props("c", "guest-c", agent, _identity with { Boot = boot ?? _identity.Boot }, status, Deadline.Span, Deadline.Span),
        supervisorStrategy: SupervisorStrategy.StoppingStrategy);
}
