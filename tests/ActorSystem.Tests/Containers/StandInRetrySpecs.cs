using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Linux;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>A stand-in that cannot be examined for a long time. The clock is the test's own.</summary>
[Collection(ProcessWide.Name)]
public sealed class StandInRetrySpecs : ContainerTest
{
    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    [Fact]
    public async Task Should_say_once_why_a_stand_in_cannot_be_looked_at_and_see_its_end_afterwards()
    {
        var log = CreateTestProbe();
        await SettleAsync(Start(ContainerStatus.Stopped)); // So that all needed code is loaded.
        Sys.EventStream.Subscribe(log, typeof(Warning));
        IActorRef container;
        using (new DescriptorShortage())
        {
            container = Start(ContainerStatus.Stopped);
            await SettleAsync(container);
            for (var i = 0; i < 5; i++)
            {
                await LookAgainAsync(container);
            }
        }

        log.Tell("all");
        Assert.Contains("cannot be examined, trying again", $"{(await log.ExpectMsgAsync<Warning>(Deadline.Span)).Message}", StringComparison.Ordinal);
        await log.ExpectMsgAsync("all", Deadline.Span);
        await LookAgainAsync(container);
        StandIn.Pidfd.Signal(Signals.SIGKILL);
        await Parent.ExpectMsgAsync<ContainerProtocol.StandInExited>(Deadline.Span);
        await Parent.ExpectMsgAsync<ContainerProtocol.StandInExited>(Deadline.Span);
    }

    private async Task LookAgainAsync(IActorRef container)
    {
        ((TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromMinutes(1));
        await SettleAsync(container);
    }

    // The actor's message to itself during the first question is handled before the second one.
    private async Task SettleAsync(IActorRef container)
    {
        for (var i = 0; i < 2; i++)
        {
            container.Tell(new Identify(i), TestActor);
            await ExpectMsgAsync<ActorIdentity>(Deadline.Span);
        }
    }
}
