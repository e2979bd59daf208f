using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>
/// The host alone enforces a quota where it can, and one place enforces it at any time. The sandbox can have no more vCPUs than at boot.
/// </summary>
public sealed class GuestQuotaRoundsSpecs : SandboxTest
{
    private static readonly ContainerKey s_second = new("/r", "second");
    private static readonly CpuLimit s_fifth = new(20_000, 100_000);

    private protected override uint MaxVcpus => 2;

    [Fact]
    public async Task Should_lift_the_quota_of_a_single_container_in_the_guest_once_the_host_holds_it() => await CreateLimitedAsync();

    [Fact]
    public async Task Should_set_the_guests_quota_before_a_second_container_raises_the_hosts_limit_and_lift_it_when_that_has_ended()
    {
        await CreateLimitedAsync();
        SendCreate(s_second, Specs.Joining(Key.Id, 30_000, 100_000));
        await QueryAsync();
        var set = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest);
        var sandbox = Agent.Sender;
        await ExpectNothingMoreAsync(Cgroup);
        Assert.Equal((Guest(Key), 20_000L, 100_000ul, false), Quota(Assert.IsType<UpdateContainerRequest>(set.Request)));
        sandbox.Tell(new AgentProtocol.Invoked(set.Token, new Google.Protobuf.WellKnownTypes.Empty()), Agent);

        var apply = await ApplyAsync();
        Assert.Equal(new CpuLimit(50_000, 100_000), apply.Limit);
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        Storage.Reply(new StorageProtocol.Attached(s_second.Id));
        var created = await AnswerAgentAsync<CreateContainerRequest>();
        Assert.Equal(30_000, created.OCI.Linux.Resources.CPU.Quota);
        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
        // The first container's actor may send its call after the start of the second's.
        var wait = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest asked && asked.ContainerId == Guest(s_second));

        Agent.Reply(new AgentProtocol.Invoked(wait.Token, new WaitProcessResponse { Status = 0 }));
        await QueryAsync();
        Assert.Equal(s_fifth, (await ApplyAsync()).Limit);
        Assert.Equal((Guest(Key), -1L, 100_000ul, false), await NextQuotaAsync());
    }

    [Fact]
    public async Task Should_set_the_guests_quota_before_a_container_without_one_lifts_the_hosts_limit()
    {
        await CreateLimitedAsync();
        SendCreate(s_second, Specs.Joining(Key.Id, -1, 100_000));
        await QueryAsync();
        Assert.Equal(20_000, (await NextQuotaAsync()).Quota);
        Assert.Null((await ApplyAsync()).Limit);
    }

    [Fact]
    public async Task Should_keep_the_hosts_limit_and_fail_the_create_when_the_guest_does_not_take_its_quota_back()
    {
        await CreateLimitedAsync();
        SendCreate(s_second, Specs.Joining(Key.Id, 30_000, 100_000));
        await QueryAsync();
        var set = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest);
        Agent.Reply(new AgentProtocol.InvokeFailed(set.Token, new Failure(FailureCode.Internal, "write: no such device")));

        Assert.True((await ApplyAsync()).KeepsLimit);
        await UndoAsync(s_second.Id);
        Assert.Equal(
            "cannot create container \"second\": the host's cpu limit stays as it is, since the guest cannot be told to enforce the one of container \"s\": write: no such device",
            (await Caller.ExpectMsgAsync<Failure>()).Message);
    }

    [Theory]
    [InlineData(FailureCode.Unimplemented)]
    [InlineData(null)]
    public async Task Should_leave_the_quota_to_the_guest_when_the_host_does_not_hold_it(FailureCode? failure)
    {
        await LaunchLimitedAsync();
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Cgroup.Reply(failure is { } code ? new CgroupFailure(apply, new(code, "no such hierarchy")) : new CgroupProtocol.Applied(["/cg"], null, apply.VcpuTids));
        Assert.Equal(20_000, (await AnswerAgentAsync<CreateContainerRequest>()).OCI.Linux.Resources.CPU.Quota);

        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
        await Agent.ExpectMsgAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest);
        await ExpectNothingMoreAsync(Agent);
    }

    [Fact]
    public async Task Should_leave_a_quota_below_the_hosts_floor_to_the_guest()
    {
        await LaunchLimitedAsync(quota: 1_000);
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], new CpuLimit(5_000, 100_000), apply.VcpuTids));
        await AnswerAgentAsync<CreateContainerRequest>();

        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
        await Agent.ExpectMsgAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest);
        await ExpectNothingMoreAsync(Agent);
    }

    [Fact]
    public async Task Should_hold_an_updated_quota_in_the_guest_until_the_host_does()
    {
        await CreateLimitedAsync();
        SendUpdate(10_000);
        Assert.Equal((Guest(Key), 10_000L, 100_000ul, true), await NextQuotaAsync());
        await QueryAsync();
        Assert.Equal(new CpuLimit(10_000, 100_000), (await ApplyAsync()).Limit);
        await ExpectNothingMoreAsync(Caller);
        Assert.Equal((Guest(Key), -1L, 100_000ul, false), await NextQuotaAsync());
        Assert.Empty((await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);
    }

    [Fact]
    public async Task Should_warn_when_the_guest_does_not_lift_a_quota_that_the_host_holds()
    {
        await CreateLimitedAsync();
        SendUpdate(10_000);
        await NextQuotaAsync();
        await QueryAsync();
        await ApplyAsync();
        var lift = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest);
        Agent.Reply(new AgentProtocol.InvokeFailed(lift.Token, new Failure(FailureCode.Internal, "write: no such device")));
        Assert.Equal(
            ["the sandbox holds its limits, but the quota of container \"s\" holds in the guest too, which makes it less: write: no such device"],
            (await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);
    }

    [Fact]
    public async Task Should_send_no_update_while_a_quota_is_being_lifted()
    {
        Agent.IgnoreMessages(message => message is AgentProtocol.Invoke { Request: WaitProcessRequest });
        await LaunchLimitedAsync();
        await ApplyAsync();
        await AnswerAgentAsync<CreateContainerRequest>();
        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
        await QueryAsync();
        await ApplyAsync();
        var lift = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest);
        var sandbox = Agent.Sender;
        SendUpdate(10_000);
        await ExpectNothingMoreAsync(Agent);

        sandbox.Tell(new AgentProtocol.Invoked(lift.Token, new Google.Protobuf.WellKnownTypes.Empty()), Agent);

        Assert.Equal((Guest(Key), 10_000L, 100_000ul, true), await NextQuotaAsync());
    }

    [Fact]
    public async Task Should_settle_who_enforces_a_quota_again_after_the_daemon_has_returned()
    {
        await CreateLimitedAsync();
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptAsync();
        await QueryAdoptedAsync();

        Assert.Equal(s_fifth, (await ApplyAsync()).Limit);
        await AnswerAgentAsync<OnlineCPUMemRequest>();
        Assert.Equal((Guest(Key), -1L, 100_000ul, false), await NextQuotaAsync());
    }

    [Fact]
    public async Task Should_set_quotas_that_it_does_not_know_of_before_the_host_allows_more_after_the_daemon_has_returned()
    {
        await CreateLimitedAsync();
        await JoinAsync();
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptAsync();
        await QueryAdoptedAsync();

        Assert.Equal([(Guest(Key), 20_000L, 100_000ul, false), (Guest(s_second), 30_000L, 100_000ul, false)], [await NextQuotaAsync(), await NextQuotaAsync()]);
        await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(apply => apply.Limit == new CpuLimit(50_000, 100_000));
    }

    [Fact]
    public async Task Should_keep_the_hosts_limit_when_the_agent_is_silent_after_the_daemon_has_returned_and_go_on_when_it_speaks()
    {
        await CreateLimitedAsync();
        await JoinAsync();
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        var request = await Factory.FishForMessageAsync<FactoryProtocol.DescribeVm>(_ => true);
        Factory.Reply(new FactoryProtocol.VmDescribed(VmConfigFor(request.Identity)));
        await Hypervisor.FishForMessageAsync<HypervisorProtocol.Adopt>(_ => true);
        Hypervisor.Reply(new HypervisorProtocol.Adopted(Vmm, "running"));
        await Agent.FishForMessageAsync<AgentProtocol.Connect>(_ => true);
        Agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer")));
        var sandbox = Agent.Sender;
        await QueryAdoptedAsync();
        var kept = await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(_ => true);
        Assert.True(kept.KeepsLimit);
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], new CpuLimit(50_000, 100_000), kept.VcpuTids));

        sandbox.Tell(new AgentProtocol.Connected(), Agent);

        await QueryAsync();
        await NextQuotaAsync();
        await NextQuotaAsync();
        Assert.False((await ApplyAsync()).KeepsLimit);
    }

    private async Task LaunchLimitedAsync(long quota = 20_000)
    {
        SendCreate(Key, Specs.Cpu(quota, 100_000));
        await LaunchAsync();
        Hypervisor.Reply(new HypervisorProtocol.Launched(Vmm));
        await QueryAsync();
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        Storage.Reply(new StorageProtocol.Attached(Key.Id));
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();
        Agent.Reply(new AgentProtocol.Connected());
        await AnswerAgentAsync<CreateSandboxRequest>();
    }

    // The container is created with its quota, since the host does not enforce it yet; the guest's quota is lifted when the host does.
    private async Task CreateLimitedAsync()
    {
        await LaunchLimitedAsync();
        Assert.Equal(s_fifth, (await ApplyAsync()).Limit);
        Assert.Equal(20_000, (await AnswerAgentAsync<CreateContainerRequest>()).OCI.Linux.Resources.CPU.Quota);
        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
        await QueryAsync();
        Assert.Equal(s_fifth, (await ApplyAsync()).Limit);
        Assert.Equal((Guest(Key), -1L, 100_000ul, false), await NextQuotaAsync());
        await ExpectNothingMoreAsync(Hypervisor);
    }

    private async Task JoinAsync()
    {
        SendCreate(s_second, Specs.Joining(Key.Id, 30_000, 100_000));
        await QueryAsync();
        await NextQuotaAsync();
        await ApplyAsync();
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        Storage.Reply(new StorageProtocol.Attached(s_second.Id));
        await AnswerAgentAsync<CreateContainerRequest>();
        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
    }

    private async Task QueryAsync()
    {
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
    }

    // Once for the adoption, and once for the round.
    private async Task QueryAdoptedAsync()
    {
        await QueryAsync();
        await QueryAsync();
    }

    private async Task<CgroupProtocol.Apply> ApplyAsync()
    {
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], apply.Limit, apply.VcpuTids));
        return apply;
    }

    private async Task<(string Guest, long Quota, ulong Period, bool Whole)> NextQuotaAsync() => Quota(await AnswerAgentAsync<UpdateContainerRequest>());

    private static (string Guest, long Quota, ulong Period, bool Whole) Quota(UpdateContainerRequest request) =>
        (request.ContainerId, request.Resources.CPU.Quota, request.Resources.CPU.Period, request.Whole);

    private static string Guest(ContainerKey key) => Runtime.Containers.GuestPaths.IdOf(key);

    private void SendUpdate(long quota) => Manager.Tell(
        new SandboxCommands.UpdateContainer(Key, new Oci.ResourcesSpec { Cpu = new Oci.CpuSpec { Quota = quota } }), Caller);
}
