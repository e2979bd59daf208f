using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>A journal that cannot be written, or not even read, blocks neither kill nor delete.</summary>
public sealed class FailingJournalSpecs : FailingJournalTest
{
    [Fact]
    public async Task Should_delete_with_force_when_the_journal_cannot_be_written()
    {
        await CreateAsync();
        FailingJournal.RefusesWrites = true;
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await AdoptAsync();
        await RemoveWhatRunsAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
        Assert.Equal(FailureCode.NotFound, await RefusalAsync(Key));
    }

    [Fact]
    public async Task Should_kill_record_the_end_and_delete_without_force_when_the_journal_cannot_be_written()
    {
        await CreateAsync();
        FailingJournal.RefusesWrites = true;
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("gone"));
        await AdoptAsync(); // The first actor could not record the death.
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("gone"));
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Assert.Equal(ContainerStatus.Stopped, (await StateAsync()).Status);
        StandIn.Pidfd.Signal(9);
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: false), Caller);
        await RemoveGroupsAndDirectoryAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
    }

    [Fact]
    public async Task Should_refuse_creation_and_go_on_when_the_journal_cannot_be_written()
    {
        FailingJournal.RefusesWrites = true;
        SendCreate(Key);
        var failure = await Caller.ExpectMsgAsync<Failure>();
        Assert.Equal((FailureCode.Unavailable, "cannot create container \"s\": the journal cannot be written"), (failure.Code, failure.Message));
        FailingJournal.RefusesWrites = false;
        await Eventually.HoldsAsync(() =>
        {
            SendCreate(Key);
            return Storage.HasMessages;
        });
    }

    [Fact]
    public async Task Should_refuse_creation_and_remove_what_is_there_when_the_journal_is_damaged()
    {
        await CreateAsync();
        Manager.Tell(new JournalKeeperActor.Inspected([], "journal \"j\" is damaged: page 7 is never used"));

        SendCreate(Key with { Id = "another" });

        var failure = await Caller.ExpectMsgAsync<Failure>();
        Assert.Equal((FailureCode.Unavailable, "cannot create container \"another\": journal \"j\" is damaged: page 7 is never used"), (failure.Code, failure.Message));
        await DeleteWhatRunsAsync();
    }

    [Fact]
    public async Task Should_refuse_a_further_container_and_an_update_and_go_on_otherwise_when_the_journal_is_damaged()
    {
        await CreateAsync();
        Manager.Tell(new JournalKeeperActor.Inspected([], "journal \"j\" is damaged: page 7 is never used"));

        SendCreate(Key with { Id = "further" }, Specs.Joining(Key.Id, 50_000, 100_000));
        var create = await Caller.ExpectMsgAsync<Failure>(Deadline.Span);
        Manager.Tell(new SandboxCommands.UpdateContainer(Key, new()), Caller);
        var update = await Caller.ExpectMsgAsync<Failure>(Deadline.Span);

        Assert.Equal((FailureCode.Unavailable, "cannot create container \"further\": journal \"j\" is damaged: page 7 is never used"), (create.Code, create.Message));
        Assert.Equal((FailureCode.Unavailable, "cannot update container \"s\": journal \"j\" is damaged: page 7 is never used"), (update.Code, update.Message));
        Assert.Equal(FailureCode.NotFound, await RefusalAsync(Key with { Id = "further" }));
        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        await AnswerAgentAsync<StartContainerRequest>();
        await Caller.ExpectMsgAsync<SandboxCommands.Started>();
    }

    // A readable register may still be unwritable: only the failure of the read is over.
    [Fact]
    public async Task Should_say_again_that_the_register_fails_when_it_could_be_read_meanwhile()
    {
        await CreateAsync();
        await Manager.GracefulStop(Deadline.Span);
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Error));
        FailingJournal.RefusesRegister = true;
        RestartManager();
        await ExpectTroubleAsync(log);
        FailingJournal.RefusesRegister = false;
        await Manager.Ask<SandboxQueries.Ready>(new SandboxQueries.GetReady(), Deadline.Span);
        FailingJournal.RefusesWrites = true;

        SendCreate(Key with { Id = "another" });

        await ExpectTroubleAsync(log);
    }

    [Fact]
    public async Task Should_forget_a_deleted_sandbox_once_the_journal_can_be_written_again()
    {
        await CreateAsync();
        FailingJournal.RefusesWrites = true;
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await AdoptAsync();
        await RemoveWhatRunsAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
        FailingJournal.RefusesWrites = false;
        var token = Deadline.Token;
        SandboxRegisterProtocol.Loaded loaded;
        do
        {
            token.ThrowIfCancellationRequested();
            var parent = CreateTestProbe();
            parent.ChildActorOf(SandboxRegisterActor.Props());
            loaded = await parent.ExpectMsgAsync<SandboxRegisterProtocol.Loaded>(cancellationToken: token);
        }
        while (!loaded.Sandboxes.IsEmpty);
    }

    [Fact]
    public async Task Should_remove_by_name_and_uuid_when_the_journal_cannot_be_read()
    {
        await CreateAsync();
        await Manager.GracefulStop(Deadline.Span);
        RestartWithoutReads();
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        Assert.True((await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>()).UnmarkedToo);
        Cgroup.Reply(new CgroupProtocol.Destroyed());
        await Storage.ExpectMsgAsync<StorageProtocol.Release>();
        Storage.Reply(new StorageProtocol.Released());
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
    }

    [Fact]
    public async Task Should_end_the_vm_and_remove_the_groups_that_the_run_directory_names_when_the_journal_cannot_be_read()
    {
        await CreateAsync();
        await Manager.GracefulStop(Deadline.Span);
        // The VM came from the pool, and the specification decided the place of its groups.
        using var vmm = PlayedVmm.Start();
        var placement = new CgroupPlacement("pods/x", "overhead", SandboxOnly: true);
        new SandboxNote(vmm.Uuid, placement).Write(Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id)).FullName);
        RestartWithoutReads();

        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);

        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Cgroup.Reply(new CgroupProtocol.Destroyed());
        Assert.False((await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>()).UnmarkedToo);
        Cgroup.Reply(new CgroupProtocol.Destroyed());
        await Storage.ExpectMsgAsync<StorageProtocol.Release>();
        Storage.Reply(new StorageProtocol.Released());
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
        Assert.Equal(placement, Groups[Key.Id]);
        Assert.Equal(FactoryDirectory.Cgroups, Groups[FactoryDirectory.CgroupOf(vmm.Uuid)]);
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
    }

    [Fact]
    public async Task Should_remove_by_name_and_uuid_when_neither_the_journal_nor_the_run_directory_can_be_read()
    {
        await CreateAsync();
        await Manager.GracefulStop(Deadline.Span);
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id)).FullName, "sandbox.json"), "{");
        RestartWithoutReads();

        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);

        await RemoveGroupsAndDirectoryAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
        Assert.Equal(CgroupPlacement.Default, Groups[Key.Id] with { Owner = Guid.Empty });
        Assert.NotEqual(Guid.Empty, Groups[Key.Id].Owner);
    }

    [Fact]
    public async Task Should_remove_nothing_until_what_the_run_directory_says_can_be_read()
    {
        await CreateAsync();
        await Manager.GracefulStop(Deadline.Span);
        var note = Path.Combine(Directory.CreateDirectory(Settings.SandboxDirectory(Key.Id)).FullName, "sandbox.json");
        File.CreateSymbolicLink(note, note);
        RestartWithoutReads();

        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);

        Assert.Equal(FailureCode.Unavailable, (await Caller.ExpectMsgAsync<Failure>(Deadline.Span)).Code);
        // A continued removal would use its old record, and end neither this VM nor its groups.
        using var vmm = PlayedVmm.Start();
        var placement = new CgroupPlacement("pods/x", "overhead", SandboxOnly: true);
        File.Delete(note);
        new SandboxNote(vmm.Uuid, placement).Write(Settings.SandboxDirectory(Key.Id));
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Cgroup.Reply(new CgroupProtocol.Destroyed());
        await RemoveGroupsAndDirectoryAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
        Assert.Equal(placement, Groups[Key.Id]);
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
    }

    // The factory ends a VM whose sandbox stops before it has taken the VM over.
    [Fact]
    public async Task Should_not_take_a_vm_of_the_pool_that_it_cannot_record()
    {
        SendCreate(Key);
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();
        Storage.Reply(new StorageProtocol.Prepared());
        var request = await Factory.ExpectMsgAsync<FactoryProtocol.RequestVm>();
        FailingJournal.RefusesWrites = true;
        Factory.Watch(Factory.Sender);

        Factory.Reply(new FactoryProtocol.VmGranted(VmSources.Pool, VmConfigFor(request.Identity) with { Uuid = Guid.NewGuid() }, new RunningVm(Vmm, "/run/factory/x")));

        await Caller.ExpectMsgAsync<Failure>();
        await Factory.ExpectMsgAsync<Terminated>();
    }

    private void RestartWithoutReads()
    {
        FailingJournal.RefusesReads = true;
        RestartManager();
    }

    private static async Task ExpectTroubleAsync(TestProbe log) => await log.FishForMessageAsync<Error>(
        error => error.Message.ToString()!.StartsWith("the register of sandboxes cannot be read or written", StringComparison.Ordinal), Deadline.Span);
}
