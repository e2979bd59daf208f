using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A resource actor of a running sandbox fails: the core decides what its successor is told.</summary>
public sealed class FailedActorSpecs
{
    private readonly Decider _core = new("s");

    public FailedActorSpecs() => _core.On(new VmDescribed(VmConfigs.Valid));

    [Fact]
    public void Should_adopt_the_vm_again_when_the_hypervisors_actor_fails() => Assert.Equal(["AdoptVm"], Fail(ResourceKind.Hypervisor));

    [Fact]
    public void Should_connect_again_when_the_agents_actor_fails() => Assert.Equal(["ReconnectAgent"], Fail(ResourceKind.Agent));

    [Theory]
    [InlineData(ResourceKind.Cgroup)]
    [InlineData(ResourceKind.Storage)]
    internal void Should_tell_nothing_to_an_actor_without_a_state(ResourceKind kind) => Assert.Empty(Fail(kind));

    [Theory]
    [InlineData(ResourceKind.Hypervisor)]
    [InlineData(ResourceKind.Agent)]
    internal void Should_tell_nothing_after_the_vms_end(ResourceKind kind)
    {
        _core.Record(new VmStopped { Reason = "QEMU died" });

        Assert.Empty(Fail(kind));
    }

    [Theory]
    [InlineData(ResourceKind.Hypervisor)]
    [InlineData(ResourceKind.Agent)]
    internal void Should_leave_the_vm_to_the_removal_under_way(ResourceKind kind)
    {
        _core.On(new Remove("s", IsWhole: true, "", null));

        Assert.Empty(Fail(kind));
    }

    [Theory]
    [InlineData(ResourceKind.Hypervisor)]
    [InlineData(ResourceKind.Agent)]
    internal void Should_end_the_creation_of_the_sandbox(ResourceKind kind)
    {
        var core = Decider.New("s");
        core.Create("s");
        core.Record(new VmLaunched { Vmm = new ProcessRecord { Pid = 7, StartTime = 70 }, Source = "cold", Accelerator = "tcg" });

        var end = core.On(new ResourceActorFailed(kind));

        Assert.Equal([typeof(SandboxDeleteBegun)], end.EventTypes);
        Assert.DoesNotContain(end.EffectNames, name => name is "AdoptVm" or "ReconnectAgent");
    }

    private IEnumerable<string> Fail(ResourceKind kind) => _core.On(new ResourceActorFailed(kind)).EffectNames;
}
