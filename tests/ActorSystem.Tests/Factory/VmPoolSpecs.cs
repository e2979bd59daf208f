using Akka.Actor;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Factory;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

public sealed class VmPoolSpecs
{
    [Fact]
    public void Should_want_its_minimum_and_give_each_vm_once()
    {
        var pool = new VmPool(2, 4);
        Hold(pool);
        Assert.True(pool.WantsMore);
        Hold(pool);
        Assert.False(pool.WantsMore);

        var (first, second) = (pool.Take()!, pool.Take()!);

        Assert.NotEqual(first.Config.Uuid, second.Config.Uuid);
        Assert.Null(pool.Take());
        Assert.True(pool.WantsMore);
    }

    [Fact]
    public void Should_not_give_what_still_boots()
    {
        var pool = new VmPool(1, 1);
        pool.Add(Guid.NewGuid(), ActorRefs.Nobody);

        Assert.Equal((0, 1, false), (pool.Ready, pool.Booting, pool.WantsMore));
        Assert.Null(pool.Take());
    }

    [Fact]
    public void Should_grow_with_misses_up_to_the_maximum_and_shrink_when_quiet_down_to_the_minimum()
    {
        var pool = new VmPool(1, 3);
        for (var miss = 0; miss < 5; miss++)
        {
            pool.Miss();
        }

        Assert.Equal(3, pool.Target);
        Assert.Null(pool.Shrink());
        Assert.Equal(3, pool.Target);
        for (var quiet = 0; quiet < 5; quiet++)
        {
            pool.Shrink();
        }

        Assert.Equal(1, pool.Target);
    }

    [Fact]
    public void Should_name_a_vm_that_is_too_many()
    {
        var pool = new VmPool(0, 1);
        pool.Miss();
        Hold(pool);
        Assert.Null(pool.Shrink());

        Assert.NotNull(pool.Shrink());
    }

    [Fact]
    public void Should_want_nothing_once_it_is_emptied_until_somebody_asks()
    {
        var pool = new VmPool(2, 4);
        Hold(pool);

        Assert.Single(pool.Empty());
        pool.Shrink();
        Assert.Equal(0, pool.Target);
        pool.Miss();
        Assert.Equal(2, pool.Target);
    }

    [Fact]
    public void Should_hand_out_no_vm_that_is_being_ended()
    {
        var pool = new VmPool(1, 2);
        Hold(pool);
        pool.Empty();
        Assert.Null(pool.Take());

        var quiet = new VmPool(0, 1);
        quiet.Miss();
        Hold(quiet);
        quiet.Shrink();
        Assert.NotNull(quiet.Shrink());
        Assert.Null(quiet.Take());
        Assert.Null(quiet.Shrink());
    }

    private static void Hold(VmPool pool)
    {
        var config = new VmConfig
        {
            HostName = "pool",
            Uuid = Guid.NewGuid(),
            RunDirectory = "/r",
            QemuPath = "/q",
            KernelPath = "/k",
            InitramfsPath = "/i",
            Accelerator = Accelerator.Tcg,
        };
        pool.Add(config.Uuid, ActorRefs.Nobody);
        pool.Hold(config, new ProcessIdentity(1, 1));
    }
}
