using Akka.Actor;
using Akka.Hosting;
using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>Events of processes outlive the daemon in the run directory, before the journal has them. The clock is the test's own.</summary>
public sealed class AheadCopySpecs : FailingJournalTest
{
    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    [Fact]
    public async Task Should_reply_before_the_journal_has_the_event_and_journal_it_after_a_death()
    {
        await StartAsync();
        var stall = FailingJournal.Stall = new TaskCompletionSource();

        await PauseAsync();
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptInTimeAsync();

        Assert.Equal(ContainerStatus.Paused, (await StateAsync()).Status);
        FailingJournal.Stall = null;
        stall.SetResult();
        await AdoptInTimeAsync(); // An event could not be written. From its directory,
        await AdoptInTimeAsync(); // and from the journal.
        var before = await StateAsync();
        Assert.Equal(ContainerStatus.Paused, before.Status);
        await RestartWithoutDirectoryAsync();
        Assert.Equal(before.ToString(), (await StateAsync()).ToString());
    }

    [Fact]
    public async Task Should_keep_what_the_journal_did_not_take_when_it_fails()
    {
        await StartAsync();
        var stall = FailingJournal.Stall = new TaskCompletionSource();
        await PauseAsync();
        FailingJournal.RefusesSandboxes = true;
        FailingJournal.Stall = null;

        stall.SetResult();
        await AdoptInTimeAsync();

        Assert.Equal(ContainerStatus.Paused, (await StateAsync()).Status);
        FailingJournal.RefusesSandboxes = false;
        await AdoptInTimeAsync();
        await RestartWithoutDirectoryAsync();
        Assert.Equal(ContainerStatus.Paused, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Should_stay_ahead_while_the_journal_cannot_be_read()
    {
        Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id));
        await CreateAsync();
        var stall = FailingJournal.Stall = new TaskCompletionSource();
        await StartContainerAsync();
        await Manager.GracefulStop(Deadline.Span);
        (FailingJournal.RefusesRegister, FailingJournal.RefusesReads) = (true, true);
        RestartManager();
        await AdoptInTimeAsync();
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("gone"));
        await Cgroup.FishForMessageAsync<CgroupProtocol.Destroy>(_ => true, Deadline.Span);
        await Manager.GracefulStop(Deadline.Span);
        (FailingJournal.RefusesRegister, FailingJournal.RefusesReads, FailingJournal.Stall) = (false, false, null);
        stall.SetResult();

        RestartManager();
        await Manager.Ask<SandboxQueries.Ready>(new SandboxQueries.GetReady(), Deadline.Span);

        Assert.Equal(ContainerStatus.Stopped, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Should_take_the_journal_when_it_is_ahead()
    {
        await StartAsync();
        var copy = Path.Combine(Settings.SandboxDirectory(Key.Id), "record");
        var old = await File.ReadAllBytesAsync(copy, Deadline.Token);
        await PauseAsync();
        await Manager.GracefulStop(Deadline.Span);
        await File.WriteAllBytesAsync(copy, old, Deadline.Token);

        RestartManager();
        await AdoptInTimeAsync();

        Assert.Equal(ContainerStatus.Paused, (await StateAsync()).Status);
    }

    private async Task StartAsync()
    {
        Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id));
        await CreateAsync();
        await StartContainerAsync();
    }

    private async Task StartContainerAsync()
    {
        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        await AnswerAsync<StartContainerRequest>();
        await Caller.ExpectMsgAsync<SandboxCommands.Started>(Deadline.Span);
    }

    private async Task PauseAsync()
    {
        Manager.Tell(new SandboxCommands.PauseContainer(Key), Caller);
        await AnswerAsync<PauseContainerRequest>();
        await Caller.ExpectMsgAsync<SandboxCommands.Paused>(Deadline.Span);
    }

    private async Task RestartWithoutDirectoryAsync()
    {
        await Manager.GracefulStop(Deadline.Span);
        Directory.Delete(Settings.SandboxDirectory(Key.Id), recursive: true);
        RestartManager();
        await AdoptInTimeAsync();
    }

    // Others are calls of the containers' actors on their own account.
    private async Task AnswerAsync<TRequest>()
        where TRequest : IMessage
    {
        var call = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is TRequest, Deadline.Span);
        Agent.Reply(new AgentProtocol.Invoked(call.Token, new Google.Protobuf.WellKnownTypes.Empty()));
    }
}
