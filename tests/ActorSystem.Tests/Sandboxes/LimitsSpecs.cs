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

/// <summary>vCPUs and host cgroups follow the limits of the containers. The sandbox boots with two vCPUs and can have four.</summary>
public sealed partial class LimitsSpecs : SandboxTest
{
    private static readonly ContainerKey s_second = new("/r", "second");

    [Fact]
    public async Task Should_ask_for_nothing_more_when_the_first_container_has_no_limit()
    {
        await CreateAsync(); // It expects each message in its order.
        await ExpectNothingMoreAsync(Hypervisor);
        await ExpectNothingMoreAsync(Cgroup);
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
        await ExpectNothingMoreAsync(Caller);
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

        // The container ends: its vCPU goes after the limit was set without it, and the guest has released it.
        Agent.Reply(new AgentProtocol.Invoked(wait.Token, new WaitProcessResponse { Status = 0 }));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6, 9]));
        await ApplyAsync([5, 6, 9]);
        Assert.Equal(2u, (await AnswerAgentAsync<OnlineCPUMemRequest>()).OnlineCpus);
        Assert.Equal(2, (await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>()).Count);
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([5, 6, 9], "the guest has not let go of 1 of 1 vCPUs within 5 s"));
        await ApplyAsync([5, 6, 9]);
        await ExpectNothingMoreAsync(Hypervisor);
    }

    [Fact]
    public async Task Should_fail_a_create_whose_vcpus_cannot_be_plugged_and_free_its_id()
    {
        await CreateAsync();
        SendCreate(s_second, Specs.Joining(Key.Id, 40_000, 50_000));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        await RoundAsync([5, 6], 3, [5, 6], "monitor: device_add: no room");
        await UndoAsync(s_second.Id);
        Assert.Equal(
            "cannot create container \"second\": it has 2 vCPUs instead of 3: monitor: device_add: no room",
            (await Caller.ExpectMsgAsync<Failure>()).Message);
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
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
        await ExpectNothingMoreAsync(Hypervisor);
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

        await UndoAsync(s_second.Id);
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

    // From here on monitor, cgroups and agent carry out their commands.
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
