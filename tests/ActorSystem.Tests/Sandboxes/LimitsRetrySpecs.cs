using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>Limits that cannot be applied for a long time. The clock is the test's own.</summary>
public sealed class LimitsRetrySpecs : SandboxTest
{
    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    [Fact]
    public async Task Should_apply_limits_when_they_can_be_applied_however_often_they_could_not()
    {
        await CreateAsync();
        Waiting!.Value.Container.Tell(new AgentProtocol.Invoked(Waiting.Value.Call.Token, new WaitProcessResponse { Status = 0 }), Agent);
        await Waiting.Value.Container.Ask<ActorIdentity>(new Identify(1), Deadline.Span);

        for (var i = 0; i < 8; i++)
        {
            var apply = await NextApplyAsync();
            Cgroup.Reply(new CgroupFailure(apply, new(FailureCode.Internal, "too many open files")));
        }

        await NextApplyAsync();
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [5, 6]));
        await ExpectNothingMoreAsync(Cgroup);
    }

    private async Task<CgroupProtocol.Apply> NextApplyAsync()
    {
        await SettleAsync();
        ((TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromMinutes(1));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        return await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
    }
}
