using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>The actor of a VM without a sandbox; its children are probes.</summary>
public sealed class FactoryVmActorSpecs : Akka.Hosting.TestKit.TestKit
{
    private static readonly ProcessIdentity s_vmm = new(int.MaxValue - 1, 1);

    private readonly TemporaryDirectory _directory = new();
    private VmConfig _config = null!;
    private TestProbe _hypervisor = null!;
    private TestProbe _agent = null!;
    private TestProbe _cgroup = null!;
    private TestProbe _parent = null!;
    private (string Name, CgroupPlacement Placement) _group;
    private FactoryVmDeadlines _deadlines = new(Deadline.Span);
    private IActorRef _actor = ActorRefs.Nobody;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_save_a_settled_guest_and_be_gone()
    {
        await BootAsync(TemplateUse.Make);
        await _parent.ExpectMsgAsync<FactoryVmProtocol.Saving>();
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.SaveTemplate>();

        _hypervisor.Reply(new HypervisorProtocol.TemplateSaved());

        await StopAsync();
        await _parent.ExpectMsgAsync<FactoryVmProtocol.Saved>();
        Assert.False(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_clean_up_and_say_why_when_qemu_is_killed_while_it_is_saved()
    {
        await BootAsync(TemplateUse.Make);
        await _parent.ExpectMsgAsync<FactoryVmProtocol.Saving>();
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.SaveTemplate>();

        _hypervisor.Reply(new HypervisorProtocol.VmmDied("qemu was killed by signal 9"));

        await StopAsync();
        Assert.Equal("QEMU died: qemu was killed by signal 9", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
        Assert.False(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_hold_a_paused_vm_in_a_group_of_its_own_and_let_go_of_it_alive()
    {
        await BootAsync(TemplateUse.Clone);
        await HoldAsync();
        _parent.Watch(_actor);

        _actor.Tell(new FactoryVmProtocol.Release());

        await _parent.ExpectTerminatedAsync(_actor);
        Assert.False(_cgroup.HasMessages); // The threads are in it until the sandbox has placed them.
        Assert.False(_hypervisor.HasMessages);
        Assert.True(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_give_up_when_the_agent_is_silent()
    {
        await LaunchAsync(TemplateUse.Clone);
        await _cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        _agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer within 1 s")));

        await StopAsync();
        await _cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        _cgroup.Reply(new CgroupProtocol.Destroyed());
        Assert.Equal("its agent did not answer: no answer within 1 s", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
    }

    [Fact]
    public async Task Should_boot_and_wait_with_the_least_weight_against_all_that_runs_on_the_host()
    {
        await LaunchAsync(TemplateUse.Clone);

        var booting = await _cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal((s_vmm, 0, 2L), (booting.Vmm, booting.VcpuTids.Length, booting.Resources.CpuShares));
        Assert.Equal(($"kata-pool-{_config.Uuid:N}", new CgroupPlacement("", "", false)), _group);

        // The group's reply may come after the query of the threads: the VM is held only when the threads are placed.
        await RehearseAsync();
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        _hypervisor.Reply(new HypervisorProtocol.VcpuThreads([7]));
        var waiting = await _cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal((7, 2L), (Assert.Single(waiting.VcpuTids), waiting.Resources.CpuShares));
        _cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, []));
        await ExpectNothingMoreAsync(_hypervisor);
        _cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [7]));
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Pause>();
    }

    [Fact]
    public async Task Should_have_no_group_while_it_becomes_a_template()
    {
        await BootAsync(TemplateUse.Make);

        await ExpectNothingMoreAsync(_cgroup);
    }

    [Fact]
    public async Task Should_end_a_vm_that_does_not_run_a_container_to_its_end()
    {
        await LaunchAsync(TemplateUse.Make);
        _agent.Reply(new AgentProtocol.Connected());
        await AnswerAsync<CreateSandboxRequest>(new Empty());
        await AnswerAsync<CreateContainerRequest>(new Empty());
        await AnswerAsync<StartContainerRequest>(new Empty());
        await AnswerAsync<ReadStreamRequest>(new ReadStreamResponse { EndOfStream = true });
        await AnswerAsync<WaitProcessRequest>(new WaitProcessResponse { Status = 139 });

        await StopAsync();
        Assert.Equal("its rehearsal ended with 139", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
    }

    [Fact]
    public async Task Should_end_a_vm_whose_agent_is_lost_while_it_rehearses()
    {
        await LaunchAsync(TemplateUse.Make);
        _agent.Reply(new AgentProtocol.Connected());
        await AnswerAsync<CreateSandboxRequest>(new Empty());
        await _agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        _agent.Reply(new AgentProtocol.Connected());

        await StopAsync();
        Assert.Equal("its agent was lost while it rehearsed", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
    }

    [Fact]
    public async Task Should_end_the_vm_by_its_uuid_when_the_hypervisors_actor_fails()
    {
        await LaunchAsync(TemplateUse.Make);

        Sys.ActorSelection(_actor.Path / "hypervisor").Tell(Kill.Instance);

        Assert.Equal("its actor \"hypervisor\" failed", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
        Assert.False(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_end_the_vm_by_its_uuid_when_the_hypervisors_actor_fails_while_it_stops()
    {
        await LaunchAsync(TemplateUse.Make);
        _agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer")));
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();

        Sys.ActorSelection(_actor.Path / "hypervisor").Tell(Kill.Instance);

        await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>();
        Assert.False(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_end_the_vm_by_its_uuid_when_stopping_it_does_not_end()
    {
        _deadlines = _deadlines with { Stop = TimeSpan.FromMilliseconds(100) };
        await LaunchAsync(TemplateUse.Make);
        _agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer")));
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();

        await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>();
        Assert.False(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_not_wait_for_ever_for_qemus_start()
    {
        _deadlines = new FactoryVmDeadlines(TimeSpan.FromSeconds(1.5));
        await StartAsync(TemplateUse.Make);

        await StopAsync();
        Assert.Equal("its QEMU was not started within 1.5 s", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
    }

    [Fact]
    public async Task Should_remove_its_group_by_a_fresh_actor_when_the_groups_fails()
    {
        await LaunchAsync(TemplateUse.Clone);
        await _cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();

        Sys.ActorSelection(_actor.Path / "cgroup").Tell(Kill.Instance);

        await StopAsync();
        await _cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        _cgroup.Reply(new CgroupProtocol.Destroyed());
        Assert.Equal("its actor \"cgroup\" failed", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
        Assert.False(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_keep_the_run_directory_as_the_record_of_a_group_that_cannot_be_removed()
    {
        _deadlines = _deadlines with { Step = TimeSpan.FromMilliseconds(100) };
        await LaunchAsync(TemplateUse.Clone);
        await _cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        _agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer")));
        await StopAsync();
        await _cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();

        // The teardown gets no answer.
        Assert.True((await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).IsLeft);
        Assert.True(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_leave_nothing_when_it_is_not_wanted_before_it_was_started()
    {
        _parent = CreateTestProbe();
        _actor = Create(TemplateUse.Clone);
        _actor.Tell(new FactoryVmProtocol.End("it is not needed"));
        if (await _hypervisor.ReceiveOneAsync(Deadline.Span) is HypervisorProtocol.Launch)
        {
            await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        }

        _hypervisor.Reply(new HypervisorProtocol.Stopped());

        Assert.Equal("it is not needed", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
        Assert.False(Directory.Exists(_config.RunDirectory));
    }

    // From the agent's last answer to the waiting VM.
    private async Task HoldAsync()
    {
        var booting = await _cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Empty(booting.VcpuTids);
        _cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, []));
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        _hypervisor.Reply(new HypervisorProtocol.VcpuThreads([7]));
        var apply = await _cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal((s_vmm, 7), (apply.Vmm, Assert.Single(apply.VcpuTids)));
        _cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [7]));
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Pause>();
        _hypervisor.Reply(new HypervisorProtocol.Paused());
        Assert.Equal(s_vmm, (await _parent.ExpectMsgAsync<FactoryVmProtocol.Held>()).Process);
    }

    private async Task BootAsync(TemplateUse use)
    {
        await LaunchAsync(use);
        await RehearseAsync();
    }

    private async Task RehearseAsync()
    {
        _agent.Reply(new AgentProtocol.Connected());
        var sandbox = await AnswerAsync<CreateSandboxRequest>(new Empty());
        Assert.Empty(sandbox.SandboxId);

        // A file system mounted through the host would prevent a template, and each clone has its own identity.
        var saved = _config.Template is { Use: TemplateUse.Make };
        Assert.Equal((saved ? 0 : 1, saved ? null : $"{_config.Uuid:N}"), (sandbox.Storages.Count, sandbox.Identity?.MachineId));
        var container = await AnswerAsync<CreateContainerRequest>(new Empty());
        Assert.Equal(saved ? "/" : $"{GuestPaths.Share}/{RehearsalRoot.Name}", container.OCI.Root.Path);
        Assert.Equal(container.ContainerId, (await AnswerAsync<StartContainerRequest>(new Empty())).ContainerId);
        Assert.Equal(container.ExecId, (await AnswerAsync<ReadStreamRequest>(new ReadStreamResponse { EndOfStream = true })).ExecId);
        Assert.Equal(container.ExecId, (await AnswerAsync<WaitProcessRequest>(new WaitProcessResponse())).ExecId);
        Assert.Equal(container.ContainerId, (await AnswerAsync<RemoveContainerRequest>(new Empty())).ContainerId);
        Assert.True((await AnswerAsync<GuestDetailsRequest>(new GuestDetailsResponse())).Settle);
    }

    private async Task<T> AnswerAsync<T>(IMessage answer)
        where T : IMessage
    {
        var request = (await _agent.ExpectMsgAsync<AgentProtocol.Invoke>()).Request;
        _agent.Reply(new AgentProtocol.Invoked(null, answer));
        return Assert.IsType<T>(request);
    }

    private async Task LaunchAsync(TemplateUse use)
    {
        await StartAsync(use);
        _hypervisor.Reply(new HypervisorProtocol.Launched(s_vmm));
        await _parent.ExpectMsgAsync<FactoryVmProtocol.Started>();
        await _agent.ExpectMsgAsync<AgentProtocol.Connect>();
        await ExpectNothingMoreAsync(_cgroup);
        if (use == TemplateUse.Clone)
        {
            _hypervisor.Reply(new HypervisorProtocol.Restored());
        }
    }

    private async Task StartAsync(TemplateUse use)
    {
        _parent = CreateTestProbe();
        _actor = Create(use);
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Launch>();
    }

    private IActorRef Create(TemplateUse use)
    {
        (_hypervisor, _agent, _cgroup) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        var uuid = Guid.NewGuid();
        _config = new VmConfig
        {
            HostName = "pool",
            Uuid = uuid,
            RunDirectory = Path.Combine(_directory.Path, uuid.ToString("N")),
            QemuPath = "/q",
            KernelPath = "/k",
            InitramfsPath = "/i",
            Accelerator = Accelerator.Tcg,
            Template = new VmTemplate("/t", use),
        };
        var children = new SandboxChildren(() => Relay.Props(_hypervisor), Group, _ => Relay.Props(_cgroup), () => Relay.Props(_agent));
        return _parent.ChildActorOf(FactoryVmActor.Props(_config, children, _deadlines));
        Props Group(string name, CgroupPlacement placement)
        {
            _group = (name, placement);
            return Relay.Props(_cgroup);
        }
    }

    // The next message is the actor's answer to a query.
    private async Task ExpectNothingMoreAsync(TestProbe probe)
    {
        _actor.Tell(new Identify(null), probe);
        Assert.IsType<ActorIdentity>(await probe.ReceiveOneAsync(Deadline.Span));
    }

    private async Task StopAsync()
    {
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        _hypervisor.Reply(new HypervisorProtocol.Stopped());
    }

    // Forwards the parent's messages to the probe before the next message is handled.
    private sealed class Relay : UntypedActor
    {
        private readonly IActorRef _probe;

        public Relay(IActorRef probe) => _probe = probe;

        public static Props Props(TestProbe probe) => Akka.Actor.Props.Create(() => new Relay(probe.Ref)).WithDispatcher(CallingThreadDispatcher.Id);

        protected override void OnReceive(object message) => _probe.Forward(message);
    }
}
