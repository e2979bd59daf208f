using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>A sandbox that lost its journal, and returns to it. The clock is the test's own.</summary>
public sealed class JournalReturnSpecs : FailingJournalTest
{
    private static readonly ContainerKey s_further = Key with { Id = "further" };

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    [Fact]
    public async Task Should_free_the_id_of_a_further_container_that_cannot_be_journaled_and_take_it_when_it_can()
    {
        await CreateAsync();
        FailingJournal.RefusesWrites = true;

        CreateFurther();

        var failure = await Caller.ExpectMsgAsync<Failure>(Deadline.Span);
        Assert.Equal(
            (FailureCode.Unavailable, "cannot create container \"further\": the journal of sandbox \"s\" cannot be written: no space left on device"),
            (failure.Code, failure.Message));
        Assert.Equal(FailureCode.NotFound, await RefusalAsync(s_further));
        await Manager.Ask<SandboxCommands.Deleted>(new SandboxCommands.DeleteContainer(s_further, Force: true), Deadline.Span);
        await AdoptInTimeAsync();
        CreateFurther();
        Assert.Equal(
            "cannot create container \"further\": the journal of sandbox \"s\" cannot be written", (await Caller.ExpectMsgAsync<Failure>(Deadline.Span)).Message);
        FailingJournal.RefusesWrites = false;
        await AdoptInTimeAsync();
        CreateFurther();
        Assert.Equal("further", (await Storage.ExpectMsgAsync<StorageProtocol.Attach>()).Id);
    }

    [Fact]
    public async Task Should_free_the_id_when_the_further_container_was_asked_for_in_the_moment_of_the_failure()
    {
        await CreateAsync();
        FailingJournal.RefusesWrites = true;

        CreateFurther();
        SendCreate(Key with { Id = "stashed" }, Specs.Joining(Key.Id, 50_000, 100_000));

        Assert.Equal(FailureCode.Unavailable, (await Caller.ExpectMsgAsync<Failure>(Deadline.Span)).Code);
        Assert.Equal(FailureCode.Unavailable, (await Caller.ExpectMsgAsync<Failure>(Deadline.Span)).Code);
        Assert.IsType<Failure>(await Manager.Ask<object>(new SandboxQueries.GetContainer(Key with { Id = "stashed" }), Deadline.Span));
    }

    [Fact]
    public async Task Should_free_the_id_of_a_sandbox_whose_intent_cannot_be_journaled()
    {
        FailingJournal.RefusesSandboxes = true;

        SendCreate(Key);

        Assert.Equal(
            "cannot create container \"s\": the journal of sandbox \"s\" cannot be written: no space left on device", (await Caller.ExpectMsgAsync<Failure>(Deadline.Span)).Message);
        FailingJournal.RefusesSandboxes = false;
        await CreateAsync();
    }

    [Fact]
    public async Task Should_take_over_what_the_run_directories_tell_when_the_register_cannot_be_read()
    {
        Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id));
        await CreateAsync();
        await Manager.GracefulStop(Deadline.Span);
        FailingJournal.RefusesRegister = true;
        FailingJournal.RefusesReads = true;

        RestartManager();
        await AdoptInTimeAsync();

        var list = await Manager.Ask<SandboxQueries.SandboxList>(new SandboxQueries.ListSandboxes(), Deadline.Span);
        Assert.Equal((Key, "the register of sandboxes in the journal cannot be read"), (Assert.Single(list.Sandboxes).Key, list.JournalProblem));
        FailingJournal.RefusesRegister = false;
        FailingJournal.RefusesReads = false;
        await AdoptInTimeAsync();
        Assert.Empty((await Manager.Ask<SandboxQueries.SandboxList>(new SandboxQueries.ListSandboxes(), Deadline.Span)).JournalProblem);
        CreateFurther();
        Assert.Equal("further", (await Storage.ExpectMsgAsync<StorageProtocol.Attach>()).Id);
    }

    [Fact]
    public async Task Should_wait_for_the_register_until_the_deadline()
    {
        await CreateAsync();
        await Manager.GracefulStop(Deadline.Span);
        JournalDeadline = TimeSpan.FromMinutes(1);
        FailingJournal.RefusesRegister = true;
        RestartManager();
        await Manager.Ask<ActorIdentity>(new Identify(null), Deadline.Span);
        Manager.Tell(new SandboxQueries.GetReady(), Caller);

        Scheduler.Advance(JournalDeadline - TimeSpan.FromSeconds(1));
        await Caller.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(200));
        Scheduler.Advance(TimeSpan.FromSeconds(1));

        await Caller.ExpectMsgAsync<SandboxQueries.Ready>(Deadline.Span);
    }

    [Fact]
    public async Task Should_go_on_from_its_directory_while_its_own_journal_cannot_be_read()
    {
        Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id));
        await CreateAsync();
        await Manager.GracefulStop(Deadline.Span);
        FailingJournal.RefusesReads = true;

        RestartManager();
        await AdoptInTimeAsync();

        Manager.Tell(new SandboxCommands.KillContainer(Key, 15, All: false), Caller);
        await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is SignalProcessRequest);
        FailingJournal.RefusesReads = false;
        await AdoptInTimeAsync();
        CreateFurther();
        Assert.Equal("further", (await Storage.ExpectMsgAsync<StorageProtocol.Attach>()).Id);
    }

    [Fact]
    public async Task Should_not_say_that_a_sandbox_does_not_exist_whose_actor_is_being_revived()
    {
        await CreateAsync();
        FailingJournal.RefusesWrites = true;
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Warning));
        CreateFurther();
        await Caller.ExpectMsgAsync<Failure>(Deadline.Span);
        await log.FishForMessageAsync<Warning>(warning => warning.ToString().Contains("it is revived in", StringComparison.Ordinal), Deadline.Span);

        CreateFurther();
        Manager.Tell(new SandboxQueries.InspectSandbox(Key), Caller);

        Assert.Equal(FailureCode.Unavailable, (await Caller.ExpectMsgAsync<Failure>(Deadline.Span)).Code);
        Assert.Equal(new Failure(FailureCode.Unavailable, "sandbox \"s\" is being revived"), await Caller.ExpectMsgAsync<Failure>(Deadline.Span));
    }

    [Fact]
    public async Task Should_journal_what_it_kept_in_memory_when_the_journal_can_be_written_again()
    {
        await CreateAsync();
        FailingJournal.RefusesWrites = true;
        CreateFurther();
        await Caller.ExpectMsgAsync<Failure>(Deadline.Span);
        await AdoptInTimeAsync();
        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        var start = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is StartContainerRequest);
        Agent.Reply(new AgentProtocol.Invoked(start.Token, new Google.Protobuf.WellKnownTypes.Empty()));
        await Caller.ExpectMsgAsync<SandboxCommands.Started>(Deadline.Span);
        var before = await StateAsync();

        FailingJournal.RefusesWrites = false;
        await AdoptInTimeAsync();

        Assert.Equal(ContainerStatus.Running, before.Status);
        Assert.Equal(before.ToString(), (await StateAsync()).ToString());
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptInTimeAsync();
        Assert.Equal(before.ToString(), (await StateAsync()).ToString());
    }

    [Fact]
    public async Task Should_stay_as_it_is_while_the_journal_cannot_be_written()
    {
        await CreateAsync();
        FailingJournal.RefusesWrites = true;
        CreateFurther();
        await Caller.ExpectMsgAsync<Failure>(Deadline.Span);
        await AdoptInTimeAsync();
        var sandbox = CreateTestProbe();
        sandbox.Watch(await SettleAsync());

        for (var i = 0; i < 20; i++)
        {
            Scheduler.Advance(TimeSpan.FromMinutes(1));
            await SettleAsync();
        }

        Assert.False(sandbox.HasMessages);
    }

    private void CreateFurther() => SendCreate(s_further, Specs.Joining(Key.Id, 50_000, 100_000));
}
