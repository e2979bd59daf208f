using KataActors.Runtime.Teardown;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Teardown;

public sealed class RunningVmsSpecs
{
    [Fact]
    public async Task Should_try_all_and_tell_each_that_could_not_be_ended()
    {
        Guid[] vms = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
        List<Guid> tried = [];

        var failure = await Assert.ThrowsAsync<IOException>(() => RunningVms.EndAsync(vms, vm =>
        {
            tried.Add(vm);
            return vm == vms[2] ? Task.CompletedTask : Task.FromException(new TimeoutException($"{vm} does not end"));
        }));

        Assert.Equal(vms, tried);
        Assert.Equal($"{vms[0]} does not end; {vms[1]} does not end", failure.Message);
    }

    [Fact]
    public async Task Should_end_all_that_run()
    {
        using var first = PlayedVmm.Start();
        using var second = PlayedVmm.Start();

        await RunningVms.EndAsync([first.Uuid, Guid.NewGuid(), second.Uuid], PlayedVmm.Program);

        Assert.Equal((null, null), (KataActors.Linux.ProcessIdentity.TryRead(first.Pid), KataActors.Linux.ProcessIdentity.TryRead(second.Pid)));
    }
}
