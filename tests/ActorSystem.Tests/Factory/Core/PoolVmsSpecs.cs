using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>The pool VMs, decision by decision.</summary>
public sealed class PoolVmsSpecs
{
    /// <summary>The state of VM 1, the event, the next state, and the effects.</summary>
    public static TheoryData<string, string, string, string> Table => new()
    {
        { "Booting", "held", "Waiting 1", "" },
        { "Booting", "lost", "", "" },
        { "Booting", "left", "Orphaned 1", "TearDown 1" },
        { "Booting", "stopped", "Orphaned 1", "TearDown 1" },
        { "Booting", "destroyed", "Ending 1", "EndVm 1" },
        { "Booting", "taken", "Booting 1", "" },
        { "Booting", "given back", "Booting 1", "" },
        { "Booting", "torn down", "Booting 1", "" },
        { "Waiting", "asked", "Granted 1", "ReleaseVm 1" },
        { "Waiting", "lost", "", "" },
        { "Waiting", "left", "Orphaned 1", "TearDown 1" },
        { "Waiting", "stopped", "Orphaned 1", "TearDown 1" },
        { "Waiting", "destroyed", "Ending 1", "EndVm 1" },
        { "Waiting", "held", "Waiting 1", "" },
        { "Waiting", "given back", "Waiting 1", "" },
        { "Granted", "taken", "", "" },
        { "Granted", "given back", "Orphaned 1", "TearDown 1" },
        { "Granted", "requester gone", "Orphaned 1", "TearDown 1" },
        { "Granted", "stopped", "Granted 1", "" },
        { "Granted", "lost", "Granted 1", "" },
        { "Granted", "destroyed", "Granted 1", "" },
        { "Granted", "torn down", "Granted 1", "" },
        { "Ending", "held", "Ending 1", "" },
        { "Ending", "lost", "", "" },
        { "Ending", "left", "Orphaned 1", "TearDown 1" },
        { "Ending", "stopped", "Orphaned 1", "TearDown 1" },
        { "Ending", "given back", "Ending 1", "" },
        { "Orphaned", "lost", "Orphaned 1", "" },
        { "Orphaned", "stopped", "Orphaned 1", "" },
        { "Orphaned", "given back", "Orphaned 1", "" },
        { "Orphaned", "taken", "Orphaned 1", "" },
        { "Orphaned", "requester gone", "Orphaned 1", "" },
        { "Orphaned", "delayed", "Orphaned 1", "" },
        { "Orphaned", "torn down", "", "" },
        { "Gone", "given back", "Orphaned 1", "TearDown 1" },
        { "Gone", "held", "", "" },
        { "Gone", "lost", "", "" },
        { "Gone", "torn down", "", "" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Should_go_on_from_each_state(string state, string what, string next, string work)
    {
        var core = In(state);

        var decided = Happen(core, what);

        Assert.Equal((next, work), (core.Vms, decided.Work));
    }

    [Fact]
    public void Should_want_its_minimum_boot_one_at_a_time_and_grant_each_once_the_oldest_first()
    {
        var core = new FactoryDecider(minimum: 2, maximum: 4);
        Assert.Equal("Booting 1", core.Vms);
        Assert.Equal("BootVm 2", core.Hold(1).Work);
        Assert.Equal("", core.Hold(2).Work);

        Assert.Equal(FactoryDecider.Vm(1), core.Ask().Granted.Config.Uuid);
        Assert.Equal(FactoryDecider.Vm(2), core.Ask().Granted.Config.Uuid);
        Assert.Equal(VmSources.Cold, core.Ask().Granted.Source);
    }

    [Fact]
    public void Should_pause_after_a_grant_and_then_fill_up_again()
    {
        var core = new FactoryDecider(minimum: 1, maximum: 1);
        core.Hold(1);

        var granted = core.Ask();

        Assert.Equal(new FactoryEffect.StartTimer(new FactoryTimer.Refill(), TimeSpan.FromSeconds(1)), Assert.Single(granted.Timers, timer => timer.Timer is FactoryTimer.Refill));
        Assert.Equal("BootVm 2", core.Elapse(new FactoryTimer.Refill()).Work);
    }

    [Fact]
    public void Should_grow_with_misses_up_to_the_maximum_and_shrink_without_demand_down_to_the_minimum()
    {
        var core = new FactoryDecider(minimum: 1, maximum: 3, boots: 100);
        for (var miss = 0; miss < 5; miss++)
        {
            core.Ask();
        }

        Assert.Equal(3, core.State.Pool.Target);
        core.Elapse(new FactoryTimer.PoolTick());
        Assert.Equal(3, core.State.Pool.Target);
        for (var quiet = 0; quiet < 5; quiet++)
        {
            core.Elapse(new FactoryTimer.PoolTick());
        }

        Assert.Equal(1, core.State.Pool.Target);
    }

    [Fact]
    public void Should_end_a_vm_that_is_too_many_and_grant_it_no_more()
    {
        var core = new FactoryDecider(minimum: 0, maximum: 1);
        core.Ask();
        core.Hold(1);
        Assert.Equal("", core.Elapse(new FactoryTimer.PoolTick()).Work);

        Assert.Equal("EndVm 1", core.Elapse(new FactoryTimer.PoolTick()).Work);
        Assert.Equal("", core.Elapse(new FactoryTimer.PoolTick()).Work);
        Assert.Equal(VmSources.Cold, core.Ask().Granted.Source);
    }

    [Fact]
    public void Should_want_nothing_once_it_is_emptied_until_a_request_finds_none()
    {
        var core = new FactoryDecider(minimum: 2, maximum: 4);
        core.Hold(1);
        core.On(new FactoryInput.Destroy(new Named("d")));
        Assert.Equal("Ending 1, Ending 2", core.Vms);
        core.Lose(1);
        Assert.IsType<FactoryDestroyed>(Assert.Single(core.Lose(2).Replies));
        core.Elapse(new FactoryTimer.PoolTick());
        Assert.Equal(0, core.State.Pool.Target);

        core.Ask();

        Assert.Equal(2, core.State.Pool.Target);
    }

    [Fact]
    public void Should_pause_longer_after_each_failure_and_say_once_why()
    {
        var core = new FactoryDecider(minimum: 1, maximum: 1);
        List<double> pauses = [];
        var remarks = 0;
        for (var vm = 1; vm <= 8; vm++)
        {
            var lost = core.Lose(vm);
            pauses.Add(lost.Timers.Single().Span.TotalSeconds);
            remarks += lost.Step.Remarks.Length;
            core.Elapse(new FactoryTimer.Refill());
        }

        Assert.Equal([5, 10, 20, 40, 80, 160, 300, 300], pauses);
        Assert.Equal(1, remarks);
    }

    [Fact]
    public void Should_begin_with_the_first_pause_again_when_a_vm_has_lasted()
    {
        var core = new FactoryDecider(minimum: 1, maximum: 1);
        core.Lose(1);
        core.Elapse(new FactoryTimer.Refill());
        core.Hold(2);
        core.Elapse(new FactoryTimer.VmLasted(FactoryDecider.Vm(2)));

        Assert.Equal(TimeSpan.FromSeconds(5), core.Lose(2).Timers.Single().Span);
    }

    [Fact]
    public void Should_tell_the_end_of_the_pool_once_nothing_is_left_but_what_has_failed_to_end()
    {
        var core = new FactoryDecider(minimum: 2, maximum: 2);
        core.Hold(1);
        core.Hold(2);
        Assert.Empty(core.On(new FactoryInput.EndPool(new Named("shutdown"))).Replies);
        Assert.Empty(core.Lose(1).Replies);
        Assert.Empty(core.Lose(2, isLeft: true).Replies);

        Assert.IsType<PoolEnded>(Assert.Single(core.On(new FactoryInput.OrphanDelayed(FactoryDecider.Vm(2))).Replies));

        Assert.Empty(core.Ask().Replies);
    }

    private static FactoryDecider In(string state)
    {
        var core = new FactoryDecider(minimum: 1, maximum: 1);
        switch (state)
        {
            case "Waiting":
                core.Hold(1);
                break;
            case "Granted":
                core.Hold(1);
                core.Ask();
                break;
            case "Ending":
                core.On(new FactoryInput.Destroy(new Named("d")));
                break;
            case "Orphaned":
                core.Lose(1, isLeft: true);
                break;
            case "Gone":
                core.Lose(1);
                break;
        }

        return core;
    }

    private static Decided Happen(FactoryDecider core, string what)
    {
        var vm = FactoryDecider.Vm(1);
        return what switch
        {
            "asked" => core.Ask(),
            "held" => core.Hold(1),
            "lost" => core.Lose(1),
            "left" => core.Lose(1, isLeft: true),
            "stopped" => core.On(new FactoryInput.VmActorStopped(vm)),
            "destroyed" => core.On(new FactoryInput.Destroy(new Named("d"))),
            "taken" => core.On(new FactoryInput.Taken(vm)),
            "given back" => core.On(new FactoryInput.GivenBack(vm)),
            "requester gone" => core.On(new FactoryInput.RequesterGone(FactoryDecider.Sandbox(1))),
            "delayed" => core.On(new FactoryInput.OrphanDelayed(vm)),
            _ => core.On(new FactoryInput.OrphanGone(vm)),
        };
    }
}
