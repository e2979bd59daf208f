using Akka.Actor;
using Google.Protobuf.WellKnownTypes;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>A VM without a sandbox fails, or is not needed any more, and leaves nothing.</summary>
public sealed class FactoryVmEndSpecs : FactoryVmActorTest
{
    [Fact]
    public async Task Should_clean_up_and_say_why_when_qemu_is_killed_while_it_is_saved()
    {
        await BootAsync(TemplateUse.Make);
        await Parent.ExpectMsgAsync<FactoryVmProtocol.Saving>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SaveTemplate>();

        Hypervisor.Reply(new HypervisorProtocol.VmmDied("qemu was killed by signal 9"));

        await StopAsync();
        Assert.Equal("QEMU died: qemu was killed by signal 9", (await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
        Assert.False(Directory.Exists(VmConfig.RunDirectory));
    }

    [Fact]
    public async Task Should_give_up_when_the_agent_is_silent()
    {
        await LaunchAsync(TemplateUse.Clone);
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer within 1 s")));

        await StopAsync();
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Cgroup.Reply(new CgroupProtocol.Destroyed());
        Assert.Equal("its agent did not answer: no answer within 1 s", (await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
    }

    [Fact]
    public async Task Should_end_a_vm_that_does_not_run_a_container_to_its_end()
    {
        await LaunchAsync(TemplateUse.Make);
        Agent.Reply(new AgentProtocol.Connected());
        await AnswerAsync<CreateSandboxRequest>(new Empty());
        await AnswerAsync<CreateContainerRequest>(new Empty());
        await AnswerAsync<StartContainerRequest>(new Empty());
        await AnswerAsync<ReadStreamRequest>(new ReadStreamResponse { EndOfStream = true });
        await AnswerAsync<WaitProcessRequest>(new WaitProcessResponse { Status = 139 });

        await StopAsync();
        Assert.Equal("its rehearsal ended with 139", (await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
    }

    [Fact]
    public async Task Should_end_a_vm_whose_agent_is_lost_while_it_rehearses()
    {
        await LaunchAsync(TemplateUse.Make);
        Agent.Reply(new AgentProtocol.Connected());
        await AnswerAsync<CreateSandboxRequest>(new Empty());
        await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        Agent.Reply(new AgentProtocol.Connected());

        await StopAsync();
        Assert.Equal("its agent was lost while it rehearsed", (await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
    }

    [Fact]
    public async Task Should_end_the_vm_by_its_uuid_when_the_hypervisors_actor_fails()
    {
        await LaunchAsync(TemplateUse.Make);

        Sys.ActorSelection(Actor.Path / "hypervisor").Tell(Kill.Instance);

        Assert.Equal("its actor \"hypervisor\" failed", (await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
        Assert.False(Directory.Exists(VmConfig.RunDirectory));
    }

    [Fact]
    public async Task Should_end_the_vm_by_its_uuid_when_the_hypervisors_actor_fails_while_it_stops()
    {
        await LaunchAsync(TemplateUse.Make);
        Agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer")));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();

        Sys.ActorSelection(Actor.Path / "hypervisor").Tell(Kill.Instance);

        await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>();
        Assert.False(Directory.Exists(VmConfig.RunDirectory));
    }

    [Fact]
    public async Task Should_end_the_vm_by_its_uuid_when_stopping_it_does_not_end()
    {
        Deadlines = Deadlines with { Stop = TimeSpan.FromMilliseconds(100) };
        await LaunchAsync(TemplateUse.Make);
        Agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer")));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();

        await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>();
        Assert.False(Directory.Exists(VmConfig.RunDirectory));
    }

    [Fact]
    public async Task Should_not_wait_for_ever_for_qemus_start()
    {
        Deadlines = new FactoryVmDeadlines(TimeSpan.FromSeconds(1.5));
        await StartAsync(TemplateUse.Make);

        await StopAsync();
        Assert.Equal("its QEMU was not started within 1.5 s", (await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
    }

    [Fact]
    public async Task Should_remove_its_group_by_a_fresh_actor_when_the_groups_fails()
    {
        await LaunchAsync(TemplateUse.Clone);
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();

        Sys.ActorSelection(Actor.Path / "cgroup").Tell(Kill.Instance);

        await StopAsync();
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Cgroup.Reply(new CgroupProtocol.Destroyed());
        Assert.Equal("its actor \"cgroup\" failed", (await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
        Assert.False(Directory.Exists(VmConfig.RunDirectory));
    }

    [Fact]
    public async Task Should_keep_the_run_directory_as_the_record_of_a_group_that_cannot_be_removed()
    {
        Deadlines = Deadlines with { Step = TimeSpan.FromMilliseconds(100) };
        await LaunchAsync(TemplateUse.Clone);
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer")));
        await StopAsync();
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();

        // The teardown gets no answer.
        Assert.True((await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).IsLeft);
        Assert.True(Directory.Exists(VmConfig.RunDirectory));
    }

    [Fact]
    public async Task Should_leave_nothing_when_it_is_not_wanted_before_it_was_started()
    {
        Create(TemplateUse.Clone);
        Actor.Tell(new FactoryVmProtocol.End("it is not needed"));
        if (await Hypervisor.ReceiveOneAsync(Deadline.Span) is HypervisorProtocol.Launch)
        {
            await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        }

        Hypervisor.Reply(new HypervisorProtocol.Stopped());

        Assert.Equal("it is not needed", (await Parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
        Assert.False(Directory.Exists(VmConfig.RunDirectory));
    }
}
