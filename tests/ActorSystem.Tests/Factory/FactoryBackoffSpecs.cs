using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>
/// The pauses of a factory whose VMs die after their boot, or whose template cannot be made. The VMs are simulated, the clock is the test's own.
/// </summary>
public sealed class FactoryBackoffSpecs : FactoryPoolTest
{
    private int _booted;
    private int _lasting;

    private TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    [Fact]
    public async Task Should_pause_longer_each_time_when_vms_of_the_pool_die_as_soon_as_they_wait()
    {
        var factory = Create(template: false, pool: 1);

        await BootedAsync(factory, 1);
        foreach (var (seconds, booted) in new[] { (5, 2), (5, 2), (5, 3), (15, 3), (5, 4) })
        {
            await AdvanceAsync(factory, seconds, booted);
        }
    }

    [Fact]
    public async Task Should_begin_with_the_first_pause_again_when_a_vm_of_the_pool_has_lasted()
    {
        var factory = Create(template: false, pool: 1);
        await BootedAsync(factory, 1);
        await AdvanceAsync(factory, 5, 2);
        _lasting = 1;
        Clock.Advance(TimeSpan.FromSeconds(10));
        await StatusAsync(factory, status => status is { PoolReady: 1, PoolProblem: "" });
        Clock.Advance(TimeSpan.FromSeconds(30));
        await StatusAsync(factory, status => status.PoolReady == 1);
        _lasting = 0;

        Sys.ActorSelection(factory.Path / "pool-*" / "hypervisor").Tell(new DieNow());

        await BootedAsync(factory, 3);
        await AdvanceAsync(factory, 5, 4);
    }

    [Fact]
    public async Task Should_not_shorten_a_pause_when_a_vm_of_the_pool_ends_that_is_not_wanted()
    {
        _lasting = 1;
        var factory = Create(template: false, pool: 2);
        await StatusAsync(factory, status => status is { PoolReady: 1, PoolBooting: 0, PoolProblem: not "" });
        foreach (var (seconds, booted) in new[] { (5, 3), (10, 4) })
        {
            Clock.Advance(TimeSpan.FromSeconds(seconds));
            await BootedAsync(factory, booted, ready: 1);
        }

        Assert.IsType<FactoryDestroyed>(await factory.Ask<object>(new DestroyFactory(), Deadline.Span));
        var request = Request();
        Assert.Equal(VmSources.Cold, (await factory.Ask<VmGranted>(request, Deadline.Span)).Source);
        factory.Tell(new BootEnded(request.Identity.Uuid));

        await AdvanceAsync(factory, 19, 4);
        await AdvanceAsync(factory, 1, 6); // The second of the two that are wanted boots as soon as the first waits.
    }

    [Fact]
    public async Task Should_fill_the_pool_at_once_when_the_factory_is_initialised_by_hand()
    {
        var factory = Create(template: true, pool: 1);
        await BootedAsync(factory, 1);

        await FailToInitAsync(factory);

        await BootedAsync(factory, 2);
    }

    [Fact]
    public async Task Should_not_put_off_the_next_attempt_at_a_template_when_others_by_hand_fail()
    {
        var factory = Create(template: true, pool: 0);
        await FailToInitAsync(factory);
        for (var attempt = 0; attempt < 4; attempt++)
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
            await FailToInitAsync(factory);
        }

        Clock.Advance(TimeSpan.FromSeconds(20));
        await StatusAsync(factory, status => status.Template.State == TemplateState.Absent);

        // The second pause is twice as long as the first.
        await factory.Ask<VmGranted>(Request(), Deadline.Span);
        Clock.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal(TemplateState.Failed, (await StatusAsync(factory)).Template.State);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await StatusAsync(factory, status => status.Template.State == TemplateState.Absent);
    }

    private static async Task FailToInitAsync(IActorRef factory)
    {
        object answer = new TemplateProgress("", Done: false, Made: false);
        while (answer is TemplateProgress { Step: var step })
        {
            answer = await factory.Ask<object>(new InitTemplate(step), Deadline.Span);
        }

        Assert.IsType<Failure>(answer);
    }

    private async Task AdvanceAsync(IActorRef factory, int seconds, int booted)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        await BootedAsync(factory, booted);
    }

    // All other booted VMs have died. They are counted before the query: an earlier status lacks the last one.
    private Task BootedAsync(IActorRef factory, int booted, int ready = 0) => AwaitAssertAsync(
        async () =>
        {
            Assert.Equal(booted, Volatile.Read(ref _booted));
            var status = await StatusAsync(factory);
            Assert.Equal((0, ready), (status.PoolBooting, status.PoolReady));
        },
        Deadline.Span);

    private IActorRef Create(bool template, int pool) => Create(Settings(template, pool, pool), () => Props.Create(() => new PlayedVmm(this)));

    private sealed record DieNow;

    private sealed class PlayedVmm : ReceiveActor
    {
        public PlayedVmm(FactoryBackoffSpecs spec)
        {
            Receive<HypervisorProtocol.Launch>(launch => launch.Config.Template is { Use: TemplateUse.Make }, launch => Sender.Tell(
                new HypervisorFailure(launch, new(FailureCode.InvalidArgument, "\"/k\" cannot be read"))));
            Receive<HypervisorProtocol.Launch>(_ =>
            {
                Interlocked.Increment(ref spec._booted);
                Sender.Tell(new HypervisorProtocol.Launched(Vmm));
            });
            Receive<HypervisorProtocol.QueryVcpus>(_ => Sender.Tell(new HypervisorProtocol.VcpuThreads([7])));
            Receive<HypervisorProtocol.Pause>(_ =>
            {
                Sender.Tell(new HypervisorProtocol.Paused());
                if (Interlocked.Decrement(ref spec._lasting) < 0)
                {
                    Die();
                }
            });
            Receive<HypervisorProtocol.Stop>(_ => Sender.Tell(new HypervisorProtocol.Stopped()));
            Receive<DieNow>(_ => Die());
        }

        private static void Die() => Context.Parent.Tell(new HypervisorProtocol.VmmDied("it crashed"));
    }
}
