using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

public sealed class VmmFinderSpecs
{
    [Fact]
    public async Task Should_end_and_reap_the_vmm_of_a_uuid_and_no_other()
    {
        using var vmm = PlayedVmm.Start();
        using var other = PlayedVmm.Start();

        await VmmFinder.EndAsync(vmm.Uuid);

        // A dead child that nobody has reaped would still be there.
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
        Assert.NotNull(VmmFinder.Find(other.Uuid));
    }

    [Fact]
    public async Task Should_find_nothing_wrong_with_a_vmm_that_is_not_there()
    {
        await VmmFinder.EndAsync(Guid.NewGuid());
    }
}
