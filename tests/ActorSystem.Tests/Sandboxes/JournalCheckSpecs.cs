using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The manager's check of the journal. The clock is the test's own.</summary>
public sealed class JournalCheckSpecs : SandboxTest
{
    private TestProbe? _keeper;

    private protected override IActorRef JournalKeeper => (_keeper ??= CreateTestProbe()).Ref;

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    [Fact]
    public async Task Should_ask_again_after_pauses_that_grow_when_the_journal_could_not_be_checked()
    {
        foreach (var seconds in new[] { 5, 10, 20 })
        {
            await _keeper!.ExpectMsgAsync<JournalKeeperActor.Inspect>(Deadline.Span);
            _keeper.Reply(new Failure(FailureCode.Unavailable, "too many open files"));
            await SettledAsync();
            Scheduler.Advance(TimeSpan.FromSeconds(seconds - 1));
            await SettledAsync();
            Assert.False(_keeper.HasMessages);
            Scheduler.Advance(TimeSpan.FromSeconds(1));
        }

        await _keeper!.ExpectMsgAsync<JournalKeeperActor.Inspect>(Deadline.Span);
        _keeper.Reply(new JournalKeeperActor.Inspected([], null));
        await SettledAsync();
        Scheduler.Advance(TimeSpan.FromHours(1));
        await SettledAsync();
        Assert.False(_keeper.HasMessages);
    }

    [Fact]
    public async Task Should_not_take_the_failure_of_another_for_a_check_that_failed()
    {
        await _keeper!.ExpectMsgAsync<JournalKeeperActor.Inspect>(Deadline.Span);
        var unhandled = CreateTestProbe();
        Sys.EventStream.Subscribe(unhandled, typeof(UnhandledMessage));

        Manager.Tell(new Failure(FailureCode.Internal, "something else"), Caller);

        Assert.IsType<Failure>((await unhandled.ExpectMsgAsync<UnhandledMessage>(Deadline.Span)).Message);
    }

    private Task SettledAsync() => Manager.Ask<SandboxQueries.Ready>(new SandboxQueries.GetReady(), Deadline.Span);
}
