using Akka.Actor;
using Akka.TestKit;
using Google.Protobuf;
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

// The parts of the resource actors and of the factory in the life of a sandbox.
public abstract partial class SandboxTest
{
    /// <summary>Plays the resource actors' part of a creation until QEMU runs.</summary>
    private protected async Task LaunchAsync()
    {
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();
        Storage.Reply(new StorageProtocol.Prepared());
        var request = await Factory.ExpectMsgAsync<FactoryProtocol.RequestVm>();
        Factory.Reply(new FactoryProtocol.VmGranted("cold", VmConfigFor(request.Identity)));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Launch>();
    }

    /// <summary>Plays the resource actors' part of a creation until QEMU runs as a clone of the template, whose agent has not answered yet.</summary>
    private protected async Task<FactoryProtocol.RequestVm> LaunchCloneAsync()
    {
        SendCreate(Key);
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();
        Storage.Reply(new StorageProtocol.Prepared());
        var request = await Factory.ExpectMsgAsync<FactoryProtocol.RequestVm>();
        Assert.Null(request.CloneFailure);
        var config = VmConfigFor(request.Identity) with { Template = new VmTemplate("/t", TemplateUse.Clone) };
        Factory.Reply(new FactoryProtocol.VmGranted(VmSources.Template, config));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Launch>();
        Hypervisor.Reply(new HypervisorProtocol.Launched(Vmm));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();
        return request;
    }

    /// <summary>Plays the resource actors' part of the first container's creation until its cgroups are asked for.</summary>
    private protected async Task<CgroupProtocol.Apply> CreateUntilCgroupsAsync(Action<System.Text.Json.Nodes.JsonObject>? change = null)
    {
        SendCreate(Key, change);
        await LaunchAsync();
        Hypervisor.Reply(new HypervisorProtocol.Launched(Vmm));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        Storage.Reply(new StorageProtocol.Attached(Key.Id));
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();
        Agent.Reply(new AgentProtocol.Connected());
        await AnswerAgentAsync<CreateSandboxRequest>();
        return await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
    }

    /// <summary>Plays the resource actors' part of the whole creation of the first container.</summary>
    private protected async Task CreateAsync(Action<System.Text.Json.Nodes.JsonObject>? change = null)
    {
        var apply = await CreateUntilCgroupsAsync(change);
        Assert.Equal([5, 6], apply.VcpuTids);
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [5, 6]));
        await AnswerAgentAsync<CreateContainerRequest>();
        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
        Waiting = (await Agent.ExpectMsgAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest), Agent.Sender);
    }

    /// <summary>Plays the resource actors' part of the return of an intact sandbox, up to the agent's answer.</summary>
    private protected async Task AdoptAsync()
    {
        var request = await Factory.FishForMessageAsync<FactoryProtocol.DescribeVm>(_ => true);
        await AdoptAsync(request);
    }

    /// <summary>The same, while the clock goes on until the sandbox's actor, or a fresh one, asks for its VM.</summary>
    private protected async Task AdoptInTimeAsync()
    {
        FactoryProtocol.DescribeVm? request = null;
        await Eventually.HoldsAsync(() =>
        {
            ((TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromMilliseconds(200));
            while (request is null && Factory.HasMessages)
            {
                request = Factory.ReceiveOne(TimeSpan.Zero) as FactoryProtocol.DescribeVm;
            }

            return request is not null;
        });
        await AdoptAsync(request!);
        await SettleAsync();
    }

    /// <summary>The same, from the question about the VM on.</summary>
    private protected async Task AdoptAsync(FactoryProtocol.DescribeVm request)
    {
        Factory.Reply(new FactoryProtocol.VmDescribed(VmConfigFor(request.Identity)));
        await Hypervisor.FishForMessageAsync<HypervisorProtocol.Adopt>(_ => true);
        Hypervisor.Reply(new HypervisorProtocol.Adopted(Vmm, "running"));
        await Agent.FishForMessageAsync<AgentProtocol.Connect>(_ => true);
        Agent.Reply(new AgentProtocol.Connected());
    }

    /// <summary>Plays the resource actors' part of the undo of a container that has joined.</summary>
    private protected async Task UndoAsync(string id)
    {
        var remove = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is RemoveContainerRequest);
        Agent.Reply(new AgentProtocol.Invoked(remove.Token, new Google.Protobuf.WellKnownTypes.Empty()));
        await Storage.FishForMessageAsync<StorageProtocol.Detach>(_ => true);
        Storage.Reply(new StorageProtocol.Detached(id));
    }

    /// <summary>Plays the resource actors' part of the last stage of a removal.</summary>
    private protected async Task RemoveGroupsAndDirectoryAsync()
    {
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Cgroup.Reply(new CgroupProtocol.Destroyed());
        await Storage.ExpectMsgAsync<StorageProtocol.Release>();
        Storage.Reply(new StorageProtocol.Released());
    }

    /// <summary>Plays the resource actors' part of the removal of a sandbox whose container runs.</summary>
    private protected async Task RemoveWhatRunsAsync()
    {
        await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is SignalProcessRequest);
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("killed"));
        StandIn.Pidfd.Signal(9);
        await RemoveGroupsAndDirectoryAsync();
    }

    /// <summary>Deletes a sandbox whose container runs, and plays the resource actors' part of it.</summary>
    private protected async Task DeleteWhatRunsAsync()
    {
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await RemoveWhatRunsAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>(Deadline.Span);
    }

    /// <summary>Answers the agent's next call of this kind. Calls of container actors on their own account are passed over.</summary>
    private protected async Task<TRequest> AnswerAgentAsync<TRequest>()
        where TRequest : IMessage
    {
        var invoke = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is not WaitProcessRequest);
        Agent.Reply(new AgentProtocol.Invoked(invoke.Token, new Google.Protobuf.WellKnownTypes.Empty()));
        return Assert.IsType<TRequest>(invoke.Request);
    }
}
