using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The permitted failures of a sandbox's actors within a minute, while the wall clock is set.</summary>
public sealed class FailureWindowSpecs : SandboxTest
{
    private const int Allowed = 5;

    private readonly JumpingClock _clock = new();

    private protected override TimeProvider Clock => _clock;

    [Fact]
    public async Task Should_end_the_vm_when_its_actors_fail_within_a_minute_and_the_wall_clock_jumps_meanwhile()
    {
        await CreateAsync();
        for (var failure = 1; failure <= Allowed; failure++)
        {
            await FailAsync();
            _clock.Jump(TimeSpan.FromDays(1));
        }

        Sys.ActorSelection(Manager.Path / "s" / "hypervisor*").Tell(Kill.Instance);

        await Cgroup.FishForMessageAsync<CgroupProtocol.Destroy>(_ => true);
        Assert.Equal((ContainerStatus.Stopped, "its actors failed repeatedly"), ((await StateAsync()).Status, (await StateAsync()).Reason));
    }

    [Fact]
    public async Task Should_keep_the_vm_when_each_failure_is_a_minute_after_the_last_although_the_wall_clock_is_set_back()
    {
        await CreateAsync();
        for (var failure = 1; failure <= Allowed + 1; failure++)
        {
            await FailAsync();
            _clock.Pass(TimeSpan.FromSeconds(61));
            _clock.Jump(TimeSpan.FromDays(-1));
        }

        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);
    }

    private async Task FailAsync()
    {
        Sys.ActorSelection(Manager.Path / "s" / "hypervisor*").Tell(Kill.Instance);
        await Hypervisor.FishForMessageAsync<HypervisorProtocol.Adopt>(_ => true);
    }
}
