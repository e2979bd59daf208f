using Akka.Actor;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>vCPUs and host cgroups follow what the containers are allowed. The sandbox boots with two vCPUs and can have four.</summary>
public sealed class LimitsSpecs : SandboxTest
{
    private static readonly ContainerKey s_second = new("/r", "second");

    [Fact]
    public async Task Should_ask_for_nothing_more_when_the_first_container_has_no_limit()
    {
        await CreateAsync(); // It expects each message in its order.
        await Hypervisor.ExpectNoMsgAsync(TimeSpan.Zero);
        await Cgroup.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Should_plug_take_into_use_and_place_vcpus_before_a_create_with_a_quota_ends()
    {
        SendCreate(Key, Specs.Cpu(150_000, 100_000));
        await LaunchAsync();
        Hypervisor.Reply(new HypervisorProtocol.Launched(Vmm));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();
        Agent.Reply(new AgentProtocol.Connected());
        Assert.Equal(4, (await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>()).Count);
        await AnswerAgentAsync<CreateSandboxRequest>();
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([5, 6, 7, 8], null));
        var online = await AnswerAgentAsync<OnlineCPUMemRequest>();
        Assert.Equal((2u, 4u, true, true), (online.NbCpus, online.OnlineCpus, online.Wait, online.CpuOnly));
        var applied = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal([5, 6, 7, 8], applied.VcpuTids);
        Assert.Equal(new CpuLimit(150_000, 100_000), applied.Limit);
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        Storage.Reply(new StorageProtocol.Attached(Key.Id));
        await AnswerAgentAsync<CreateContainerRequest>();
        await Caller.ExpectNoMsgAsync(TimeSpan.Zero);
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], applied.Limit, applied.VcpuTids));
        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
    }

    [Fact]
    public async Task Should_ask_for_the_threads_again_whenever_a_container_comes_or_goes()
    {
        await CreateAsync();
        SendCreate(s_second, Specs.Joining(Key.Id, 40_000, 50_000));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        await RoundAsync([5, 6], 3, [5, 6, 9], null);
        var online = await AnswerAgentAsync<OnlineCPUMemRequest>();
        Assert.Equal((1u, 3u), (online.NbCpus, online.OnlineCpus));
        Storage.Reply(new StorageProtocol.Attached(s_second.Id));
        await AnswerAgentAsync<CreateContainerRequest>();
        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
        var wait = await Agent.ExpectMsgAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest);

        // It ends: its vCPU goes, after the limit was set without it and the guest has let go of it.
        Agent.Reply(new AgentProtocol.Invoked(wait.Token, new WaitProcessResponse { Status = 0 }));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6, 9]));
        await ApplyAsync([5, 6, 9]);
        Assert.Equal(2u, (await AnswerAgentAsync<OnlineCPUMemRequest>()).OnlineCpus);
        Assert.Equal(2, (await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>()).Count);
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([5, 6, 9], "the guest has not let go of 1 of 1 vCPUs within 5 s"));
        await ApplyAsync([5, 6, 9]);
        await Hypervisor.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Should_fail_a_create_whose_vcpus_cannot_be_plugged_and_free_its_id()
    {
        await CreateAsync();
        SendCreate(s_second, Specs.Joining(Key.Id, 40_000, 50_000));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        await RoundAsync([5, 6], 3, [5, 6], "monitor: device_add: no room");
        Assert.Equal(
            "cannot create container \"second\": it has 2 vCPUs instead of 3: monitor: device_add: no room",
            (await Caller.ExpectMsgAsync<Failure>()).Message);
        await Storage.ExpectMsgAsync<StorageProtocol.Detach>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
    }

    [Fact]
    public async Task Should_change_guest_and_host_and_answer_then_when_limits_are_updated()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"quota": 20000}, "memory": {"limit": 33554432}}""");
        var update = await AnswerAgentAsync<UpdateContainerRequest>();
        Assert.True(update.Whole);
        Assert.Equal((20_000, 100_000ul, 33_554_432), (update.Resources.CPU.Quota, update.Resources.CPU.Period, update.Resources.Memory.Limit));
        var apply = await RoundAsync([5, 6], 3, [5, 6, 7], null);
        Assert.Equal(new CpuLimit(20_000, 100_000), apply.Limit);
        await AnswerAgentAsync<OnlineCPUMemRequest>();
        await AnswerAgentAsync<UpdateContainerRequest>();
        Assert.Empty((await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);

        SendUpdate("""{"cpu": {"quota": -1}, "devices": [{"allow": false}]}""");
        await AnswerAgentAsync<UpdateContainerRequest>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6, 7]));
        Assert.Null((await ApplyAsync([5, 6, 7])).Limit);
        var offline = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is OnlineCPUMemRequest { OnlineCpus: 2 });
        Agent.Reply(new AgentProtocol.InvokeFailed(offline.Token, new Failure(FailureCode.Internal, "write: busy")));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([5, 6, 7], "the guest keeps it"));
        await ApplyAsync([5, 6, 7]);
        Assert.Equal(
            [
                "linux.resources.devices is not applied",
                "the sandbox holds its limits, but the guest did not go to 2 vCPUs: write: busy",
                "the sandbox holds its limits, but it has 3 vCPUs instead of 2: the guest keeps it",
            ],
            (await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);
    }

    [Theory]
    [InlineData("""{"cpu": {"quota": -5}}""", "cannot update container \"s\": resources: linux.resources.cpu.quota -5 is negative (only -1, no limit, may be)")]
    [InlineData("""{"blockIO": {"weight": 5}}""", "cannot update container \"s\": resources: linux.resources.blockIO is not supported yet")]
    public async Task Should_change_nothing_when_an_update_is_refused(string change, string message)
    {
        await CreateAsync();
        SendUpdate(change);
        Assert.Equal(message, (await Caller.ExpectMsgAsync<Failure>()).Message);
        await Agent.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Should_refuse_an_update_of_what_is_not_there_or_has_ended()
    {
        await CreateAsync();
        Manager.Tell(new SandboxCommands.UpdateContainer(s_second, new()), Caller);
        Assert.Equal((FailureCode.NotFound, "container \"second\" does not exist"), Told(await Caller.ExpectMsgAsync<Failure>()));
        SendUpdate("{}");
        await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        SendUpdate("{}");
        Assert.Equal((FailureCode.FailedPrecondition, "cannot update container \"s\": another update is under way"), Told(await Caller.ExpectMsgAsync<Failure>()));
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("gone"));
        Assert.Equal((FailureCode.Unavailable, "cannot update container \"s\": gone"), Told(await Caller.ExpectMsgAsync<Failure>()));
        SendUpdate("{}");
        Assert.Equal((FailureCode.FailedPrecondition, "cannot update container \"s\": it is stopped"), Told(await Caller.ExpectMsgAsync<Failure>()));
    }

    [Fact]
    public async Task Should_restore_the_guest_and_the_host_when_the_host_refuses_an_update()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"shares": 512, "quota": 200000}}""");
        await AnswerAgentAsync<UpdateContainerRequest>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([5, 6, 7, 8], null));
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Cgroup.Reply(new CgroupFailure(apply, CgroupFailureKind.FailedPrecondition, "a group above allows less"));
        var restore = await AnswerAgentAsync<UpdateContainerRequest>();
        Assert.True(restore.Whole);
        Assert.Null(restore.Resources.CPU);
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6, 7, 8]));
        Assert.Null((await ApplyAsync([5, 6, 7, 8])).Limit); // The guest was not told of the new ones yet.
        Assert.Equal(2, (await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>()).Count);
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([5, 6], null));
        await ApplyAsync([5, 6]);
        Assert.Equal("cannot update container \"s\": a group above allows less", (await Caller.ExpectMsgAsync<Failure>()).Message);
    }

    [Fact]
    public async Task Should_undo_an_update_that_the_end_of_the_daemon_has_interrupted()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"quota": 50000}}""");
        await AnswerAgentAsync<UpdateContainerRequest>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        await Manager.GracefulStop(Deadline.Span);
        Assert.Equal("cannot update container \"s\": the actor of its sandbox has stopped", (await Caller.ExpectMsgAsync<Failure>()).Message);

        RestartManager();
        PlayOutside();
        await AdoptAsync();
        SendUpdate("""{"cpu": {"shares": 1024}}"""); // It waits until the other one is taken back.
        Assert.Null((await NextUpdateAsync()).Resources.CPU);
        Assert.Equal(new LinuxCPU { Shares = 1024 }, (await NextUpdateAsync()).Resources.CPU);
        await Caller.ExpectMsgAsync<SandboxCommands.Updated>();
        await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(apply => apply.Limit is null);

        // The next one has nothing to undo.
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptAsync();
        SendUpdate("""{"cpu": {"quota": 30000}}""");
        Assert.Equal(30_000, (await NextUpdateAsync()).Resources.CPU.Quota);
    }

    [Fact]
    public async Task Should_let_an_update_wait_until_one_that_could_not_be_undone_before_is_undone()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"shares": 512}}""");
        var lost = new Failure(FailureCode.Unavailable, "the channel was lost");
        await FailAgentAsync(lost);
        await FailAgentAsync(lost); // It cannot be undone either.
        var sandbox = Agent.Sender;
        await QueryAndApplyAsync();
        Assert.Equal("cannot update container \"s\": the channel was lost", (await Caller.ExpectMsgAsync<Failure>()).Message);

        sandbox.Tell(new AgentProtocol.Connected(), Agent);
        var restore = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest);
        Assert.Null(((UpdateContainerRequest)restore.Request).Resources.CPU);
        await QueryAndApplyAsync();
        SendUpdate("""{"cpu": {"shares": 1024}}""");
        await StateAsync();
        await Agent.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));

        sandbox.Tell(new AgentProtocol.Invoked(restore.Token, new Google.Protobuf.WellKnownTypes.Empty()), Agent);

        Assert.Equal(new LinuxCPU { Shares = 1024 }, (await AnswerAgentAsync<UpdateContainerRequest>()).Resources.CPU);
        PlayOutside();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        Assert.Empty((await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);
        await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(apply => apply.Resources.CpuShares == 1024);

        // And it is not undone afterwards.
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptAsync();
        await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(apply => apply.Resources.CpuShares == 1024);
    }

    [Fact]
    public async Task Should_undo_no_update_that_is_under_way_when_the_agent_comes_back()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"shares": 512}}""");
        await AnswerAgentAsync<UpdateContainerRequest>();
        var sandbox = Agent.Sender;
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();

        sandbox.Tell(new AgentProtocol.Connected(), Agent);
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));

        Assert.Equal(512, (await ApplyAsync([5, 6])).Resources.CpuShares);
        Assert.Empty((await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);
        await Agent.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Should_not_count_the_last_container_any_more_when_it_has_ended()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"shares": 512}, "pids": {"limit": 10}}""");
        await AnswerAgentAsync<UpdateContainerRequest>();
        Assert.Equal((512L, 266L), Sum((await QueryAndApplyAsync()).Resources));
        await Caller.ExpectMsgAsync<SandboxCommands.Updated>();

        Waiting!.Value.Container.Tell(new AgentProtocol.Invoked(Waiting.Value.Call.Token, new WaitProcessResponse { Status = 0 }), Agent);

        Assert.Equal((null, null), Sum((await QueryAndApplyAsync()).Resources));
    }

    [Fact]
    public async Task Should_count_no_container_whose_creation_the_end_of_the_daemon_has_interrupted()
    {
        await CreateAsync();
        SendCreate(s_second, Specs.Joining(Key.Id, 40_000, 50_000));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptAsync();

        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        await ApplyAsync([5, 6]); // And none is plugged for it before.
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        await Hypervisor.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Should_undo_an_interrupted_creation_also_when_the_agent_comes_late()
    {
        await CreateAsync();
        SendCreate(s_second, Specs.Joining(Key.Id, 40_000, 50_000));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        PlayOutside();
        var request = await Factory.FishForMessageAsync<FactoryProtocol.DescribeVm>(_ => true);
        Factory.Reply(new FactoryProtocol.VmDescribed(VmConfigFor(request.Identity)));
        await Hypervisor.FishForMessageAsync<HypervisorProtocol.Adopt>(_ => true);
        Hypervisor.Reply(new HypervisorProtocol.Adopted(Vmm, "running"));
        await Agent.FishForMessageAsync<AgentProtocol.Connect>(_ => true);
        Agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer")));
        Agent.Reply(new AgentProtocol.Connected());

        await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is RemoveContainerRequest);
        await Storage.FishForMessageAsync<StorageProtocol.Detach>(_ => true);
        await AwaitAssertAsync(async () => Assert.IsType<Failure>(await Manager.Ask<object>(new SandboxQueries.GetContainer(s_second), Deadline.Span)));
    }

    private static (long?, long?) Sum(ResourceLimits limits) => (limits.CpuShares, limits.Threads);

    private async Task FailAgentAsync(Failure failure)
    {
        var invoke = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest);
        Agent.Reply(new AgentProtocol.InvokeFailed(invoke.Token, failure));
    }

    private async Task<CgroupProtocol.Apply> QueryAndApplyAsync()
    {
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        return await ApplyAsync([5, 6]);
    }

    private async Task<UpdateContainerRequest> NextUpdateAsync() =>
        (UpdateContainerRequest)(await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest)).Request;

    private void SendUpdate(string change)
    {
        Assert.True(ResourcesUpdate.TryParse(System.Text.Encoding.UTF8.GetBytes(change), out var resources, out _));
        Manager.Tell(new SandboxCommands.UpdateContainer(Key, resources), Caller);
    }

    // A round that plugs vCPUs.
    private async Task<CgroupProtocol.Apply> RoundAsync(int[] before, int wanted, int[] after, string? shortfall)
    {
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([.. before]));
        Assert.Equal(wanted, (await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>()).Count);
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([.. after], shortfall));
        return await ApplyAsync(after);
    }

    private async Task<CgroupProtocol.Apply> ApplyAsync(int[] threads)
    {
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal(threads, apply.VcpuTids);
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], apply.Limit, apply.VcpuTids));
        return apply;
    }

    // From here on the monitor, the cgroups and the agent do what they are asked.
    private void PlayOutside()
    {
        Agent.SetAutoPilot(new DelegateAutoPilot((asker, message) =>
        {
            if (message is AgentProtocol.Invoke { Request: UpdateContainerRequest or OnlineCPUMemRequest } invoke)
            {
                asker.Tell(new AgentProtocol.Invoked(invoke.Token, new Google.Protobuf.WellKnownTypes.Empty()), Agent);
            }

            return AutoPilot.KeepRunning;
        }));
        Hypervisor.SetAutoPilot(new DelegateAutoPilot((parent, message) =>
        {
            switch (message)
            {
                case HypervisorProtocol.QueryVcpus:
                    parent.Tell(new HypervisorProtocol.VcpuThreads([5, 6]), Hypervisor);
                    break;
                case HypervisorProtocol.SetVcpus set:
                    parent.Tell(new HypervisorProtocol.VcpusSet([.. Enumerable.Range(5, set.Count)], null), Hypervisor);
                    break;
            }

            return AutoPilot.KeepRunning;
        }));
        Cgroup.SetAutoPilot(new DelegateAutoPilot((parent, message) =>
        {
            if (message is CgroupProtocol.Apply apply)
            {
                parent.Tell(new CgroupProtocol.Applied(["/cg"], apply.Limit, apply.VcpuTids), Cgroup);
            }

            return AutoPilot.KeepRunning;
        }));
    }

    private static (FailureCode, string) Told(Failure failure) => (failure.Code, failure.Message);
}
