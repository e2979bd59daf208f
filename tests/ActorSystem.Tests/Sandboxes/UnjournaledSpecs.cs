using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>A daemon whose journal cannot be opened at its start. The clock is the test's own.</summary>
public sealed class UnjournaledSpecs : RunDirectoryTest
{
    private const string Problem = "journal \"j\" cannot be used: database or disk is full";
    private static readonly ContainerKey s_other = Key with { Id = "other" };

    private TestProbe? _keeper;

    private protected override IActorRef JournalKeeper => (_keeper ??= CreateTestProbe()).Ref;

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    [Fact]
    public async Task Should_list_kill_and_delete_what_the_run_directories_tell()
    {
        await CreateInDirectoryAsync();
        var before = await StateAsync();
        await RestartWithoutJournalAsync();
        await AdoptAsync();
        await SettleAsync();

        var list = await ListAsync();
        Assert.Equal((Key, SandboxStatus.Ready, Vmm.Pid, 1), list.Sandboxes.Select(sandbox => (sandbox.Key, sandbox.Status, sandbox.VmmPid, sandbox.ContainerCount)).Single());
        Assert.Equal(Problem, list.JournalProblem);
        Assert.Equal(before.ToString(), (await StateAsync()).ToString());
        Manager.Tell(new SandboxCommands.KillContainer(Key, 15, All: false), Caller);
        var kill = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is SignalProcessRequest);
        Agent.Reply(new AgentProtocol.Invoked(kill.Token, new Google.Protobuf.WellKnownTypes.Empty()));
        await Caller.ExpectMsgAsync<SandboxCommands.Signalled>(Deadline.Span);
        await DeleteWhatRunsAsync();
        Assert.Empty((await ListAsync()).Sandboxes);
    }

    [Fact]
    public async Task Should_refuse_creation_and_say_of_no_container_that_it_does_not_exist()
    {
        await RestartWithoutJournalAsync();

        SendCreate(s_other);

        var refusal = await Caller.ExpectMsgAsync<Failure>(Deadline.Span);
        Assert.Equal((FailureCode.Unavailable, $"cannot create container \"other\": {Problem}"), (refusal.Code, refusal.Message));
        object[] questions =
        [
            new SandboxQueries.GetContainer(s_other),
            new SandboxQueries.WaitContainer(s_other, Deadline.Span),
            new SandboxQueries.ReadOutput(s_other, false, 0, 1, Deadline.Span),
            new SandboxCommands.WriteInput(s_other, 0, new byte[1]),
            new SandboxCommands.KillContainer(s_other, 9, false),
            new SandboxCommands.DeleteContainer(s_other, true),
            new SandboxQueries.InspectSandbox(s_other),
        ];
        foreach (var question in questions)
        {
            var answer = Assert.IsType<Failure>(await Manager.Ask<object>(question, Deadline.Span));
            Assert.Equal((FailureCode.Unavailable, $"container \"other\" is not known, and may exist: {Problem}"), (answer.Code, answer.Message));
        }
    }

    [Fact]
    public async Task Should_return_to_the_journal_when_it_can_be_opened()
    {
        await CreateInDirectoryAsync();
        await RestartWithoutJournalAsync();
        await AdoptAsync();
        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        var start = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is StartContainerRequest);
        Agent.Reply(new AgentProtocol.Invoked(start.Token, new Google.Protobuf.WellKnownTypes.Empty()));
        await Caller.ExpectMsgAsync<SandboxCommands.Started>(Deadline.Span);

        _keeper!.Reply(new JournalKeeperActor.Opened(null));

        await AdoptInTimeAsync();
        Assert.Equal(ContainerStatus.Running, (await StateAsync()).Status);
        Assert.Equal(FailureCode.NotFound, await RefusalAsync(s_other));
        SendCreate(s_other, Specs.Joining(Key.Id, 50_000, 100_000));
        Assert.Equal("other", (await Storage.ExpectMsgAsync<StorageProtocol.Attach>()).Id);
    }

    [Fact]
    public async Task Should_forget_in_the_journal_what_was_deleted_without_it()
    {
        await CreateInDirectoryAsync();
        await RestartWithoutJournalAsync();
        await AdoptAsync();
        await SettleAsync();
        await DeleteWhatRunsAsync();

        _keeper!.Reply(new JournalKeeperActor.Opened(null));

        await _keeper.FishForMessageAsync<JournalKeeperActor.Forget>(forget => forget.Owners.Length == 1, Deadline.Span);
        Assert.Equal(FailureCode.NotFound, await RefusalAsync(Key));
    }

    [Fact]
    public async Task Should_try_again_after_pauses_that_grow()
    {
        await RestartWithoutJournalAsync();
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            _keeper!.Reply(new JournalKeeperActor.NotOpened($"journal \"j\" cannot be used: reason {seconds}"));
            await Eventually.HoldsAsync(async () => (await ListAsync()).JournalProblem.EndsWith($"reason {seconds}", StringComparison.Ordinal));
            Scheduler.Advance(TimeSpan.FromSeconds(seconds - 0.5));
            Assert.False(_keeper.HasMessages);
            Scheduler.Advance(TimeSpan.FromSeconds(0.5));
            await _keeper.ExpectMsgAsync<JournalKeeperActor.Open>(Deadline.Span);
        }
    }

    // As with missing descriptors.
    [Fact]
    public async Task Should_look_again_at_a_record_and_at_a_directory_that_could_not_be_looked_at()
    {
        await CreateInDirectoryAsync();
        await Manager.GracefulStop(Deadline.Span);
        var directory = Settings.SandboxDirectory(Key.Id);
        new SandboxNote(Guid.NewGuid(), CgroupPlacement.Default) { Sandbox = new NotedSandbox(Key.Root, Key.Id, RecordCopy.TryRead(directory)!.Record.Uuid) }.Write(directory);
        Swap("record");
        Swap("sandbox.json");
        await RestartWithoutJournalAsync();
        Assert.Empty((await ListAsync()).Sandboxes);

        SwapBack("sandbox.json");
        _keeper!.Reply(new JournalKeeperActor.NotOpened(Problem));
        await Eventually.HoldsAsync(async () =>
        {
            Scheduler.Advance(TimeSpan.FromSeconds(1));
            return (await ListAsync()).Sandboxes.Length == 1;
        });
        SwapBack("record");
        await AdoptInTimeAsync();
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);

        void Swap(string file)
        {
            File.Move(Path.Combine(directory, file), Path.Combine(directory, file + ".away"));
            File.CreateSymbolicLink(Path.Combine(directory, file), file);
        }

        void SwapBack(string file) => File.Move(Path.Combine(directory, file + ".away"), Path.Combine(directory, file), overwrite: true);
    }

    // As after a failed write of the last copy.
    [Fact]
    public async Task Should_lose_no_container_that_only_the_journal_knows()
    {
        await CreateInDirectoryAsync();
        await Manager.GracefulStop(Deadline.Span);
        var copy = RecordCopy.TryRead(Settings.SandboxDirectory(Key.Id))!.Record;
        var standIn = new ProcessRecord { Pid = copy.Containers["s"].StandIn.Pid, StartTime = copy.Containers["s"].StandIn.StartTime };
        RecordCopy.Write(Settings.SandboxDirectory(Key.Id), copy
            .Apply(new ContainerCreateBegun { Id = "other", Spec = copy.Containers["s"].SpecBytes, Bundle = "/b", StandIn = standIn })
            .Apply(new ContainerCreated { Id = "other" })
            .Apply(new ContainerDeleted { Id = "s" }), 0);
        await RestartWithoutJournalAsync();
        await AdoptAsync();
        await SettleAsync();
        Assert.Equal(FailureCode.Unavailable, await RefusalAsync(Key));
        Assert.Equal(FailureCode.Unavailable, Assert.IsType<Failure>(await Manager.Ask<object>(new SandboxQueries.ReadOutput(Key, false, 0, 1, Deadline.Span), Deadline.Span)).Code);

        _keeper!.Reply(new JournalKeeperActor.Opened(null));

        await AdoptInTimeAsync();
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);
        Assert.IsType<ContainerSnapshot>(await Manager.Ask<object>(new SandboxQueries.GetContainer(s_other), Deadline.Span));
    }

    // The removal covers the resources named by the note in the directory.
    [Fact]
    public async Task Should_list_and_delete_a_sandbox_whose_directory_holds_no_record()
    {
        await Manager.GracefulStop(Deadline.Span);
        using var vmm = PlayedVmm.Start();
        new SandboxNote(vmm.Uuid, CgroupPlacement.Default) { Sandbox = new NotedSandbox(Key.Root, Key.Id, vmm.Uuid) }
            .Write(Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id)).FullName);
        await RestartWithoutJournalAsync();

        Assert.Equal(Key, Assert.Single((await ListAsync()).Sandboxes).Key);
        Assert.Equal(FailureCode.Unavailable, Assert.IsType<Failure>(await Manager.Ask<object>(new SandboxQueries.WaitContainer(Key, Deadline.Span), Deadline.Span)).Code);
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await RemoveGroupsAndDirectoryAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>(Deadline.Span);
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
    }

    // The old journal was damaged, or has been put away.
    [Fact]
    public async Task Should_take_over_and_journal_what_the_journal_does_not_have()
    {
        await Manager.GracefulStop(Deadline.Span);
        var begun = SandboxRecordSpecs.Begun();
        begun.BootId = ProcessIdentity.BootId;
        var standIn = ProcessIdentity.TryRead(StandIn.Pid)!.Value;
        var record = SandboxRecordSpecs.After(
            begun,
            new ContainerCreateBegun { Id = "s", Spec = Google.Protobuf.ByteString.CopyFrom(Specs.Make().Bytes), Bundle = "/b", StandIn = new ProcessRecord { Pid = standIn.Pid, StartTime = standIn.StartTime } },
            new VmLaunched { Vmm = new ProcessRecord { Pid = Vmm.Pid, StartTime = Vmm.StartTime }, Source = "cold", Accelerator = "tcg" },
            new ContainerCreated { Id = "s" },
            new ContainerStarted { Id = "s" });
        RecordCopy.Write(Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id)).FullName, record, 0);

        RestartManager();
        await AdoptInTimeAsync(); // From its directory,
        await AdoptInTimeAsync(); // and from the journal.

        await Manager.GracefulStop(Deadline.Span);
        Directory.Delete(Settings.SandboxDirectory(Key.Id), recursive: true);
        RestartManager();
        await AdoptAsync();
        Assert.Equal(ContainerStatus.Running, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Should_touch_no_journal_before_it_can_be_opened()
    {
        await CreateInDirectoryAsync();
        await Manager.GracefulStop(Deadline.Span);
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Error));

        JournalProblem = Problem;
        RestartManager();
        await AdoptAsync();

        Assert.Contains(Problem, (await log.ExpectMsgAsync<Error>(Deadline.Span)).ToString(), StringComparison.Ordinal);
        Assert.True((await Sys.ActorSelection(Manager.Path / "~register").Ask<ActorIdentity>(new Identify(1), Deadline.Span)).Subject is null);
    }

    private async Task CreateInDirectoryAsync()
    {
        Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id));
        await CreateAsync();
    }

    private async Task RestartWithoutJournalAsync()
    {
        await Manager.GracefulStop(Deadline.Span);
        JournalProblem = Problem;
        RestartManager();
        await _keeper!.FishForMessageAsync<JournalKeeperActor.Open>(_ => true, Deadline.Span);
        await Manager.Ask<SandboxQueries.Ready>(new SandboxQueries.GetReady(), Deadline.Span);
    }
}
