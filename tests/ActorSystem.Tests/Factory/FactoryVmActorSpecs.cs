using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>A VM without a sandbox boots, and is saved as the template or held for the pool.</summary>
public sealed class FactoryVmActorSpecs : FactoryVmActorTest
{
    [Fact]
    public async Task Should_save_a_settled_guest_and_be_gone()
    {
        await BootAsync(TemplateUse.Make);
        await Parent.ExpectMsgAsync<FactoryVmProtocol.Saving>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SaveTemplate>();

        Hypervisor.Reply(new HypervisorProtocol.TemplateSaved());

        await StopAsync();
        await Parent.ExpectMsgAsync<FactoryVmProtocol.Saved>();
        Assert.False(Directory.Exists(VmConfig.RunDirectory));
    }

    [Fact]
    public async Task Should_hold_a_paused_vm_in_a_group_of_its_own_and_let_go_of_it_alive()
    {
        await BootAsync(TemplateUse.Clone);
        await HoldAsync();
        Parent.Watch(Actor);

        Actor.Tell(new FactoryVmProtocol.Release());

        await Parent.ExpectTerminatedAsync(Actor);
        Assert.False(Cgroup.HasMessages); // The threads are in it until the sandbox has placed them.
        Assert.False(Hypervisor.HasMessages);
        Assert.True(Directory.Exists(VmConfig.RunDirectory));
    }

    [Fact]
    public async Task Should_boot_and_wait_with_the_least_weight_against_all_that_runs_on_the_host()
    {
        await LaunchAsync(TemplateUse.Clone);

        var booting = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal((Vmm, 0, 2L), (booting.Vmm, booting.VcpuTids.Length, booting.Resources.CpuShares));
        Assert.Equal(($"kata-pool-{VmConfig.Uuid:N}", new CgroupPlacement("", "", false)), Group);

        // The group's reply may come after the query of the threads: the VM is held only when the threads are placed.
        await RehearseAsync();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([7]));
        var waiting = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal((7, 2L), (Assert.Single(waiting.VcpuTids), waiting.Resources.CpuShares));
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, []));
        await ExpectNothingMoreAsync(Hypervisor);
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [7]));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Pause>();
    }

    [Fact]
    public async Task Should_have_no_group_while_it_becomes_a_template()
    {
        await BootAsync(TemplateUse.Make);

        await ExpectNothingMoreAsync(Cgroup);
    }

    // From the agent's last answer to the waiting VM.
    private async Task HoldAsync()
    {
        var booting = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Empty(booting.VcpuTids);
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, []));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([7]));
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal((Vmm, 7), (apply.Vmm, Assert.Single(apply.VcpuTids)));
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [7]));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Pause>();
        Hypervisor.Reply(new HypervisorProtocol.Paused());
        Assert.Equal(Vmm, (await Parent.ExpectMsgAsync<FactoryVmProtocol.Held>()).Process);
    }
}
