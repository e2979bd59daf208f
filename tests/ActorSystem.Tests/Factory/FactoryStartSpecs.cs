using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>
/// A factory whose start fails in every possible way: it logs the cause, tries again after pauses, and answers meanwhile. The clock is the test's
/// own.
/// </summary>
public sealed class FactoryStartSpecs : FactoryTest
{
    private const string NoKvm = "cannot open \"/dev/kvm\"";

    private int _vmmsWanted;

    private TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    public async Task Should_answer_with_the_cause_and_log_it_once_when_kvm_is_wanted_and_not_to_be_had(bool template, int pool)
    {
        var log = Logged();
        var factory = Create(Services("kvm") with { Settings = Settings(template, pool) });

        for (var i = 0; i < 20; i++)
        {
            var failure = await factory.Ask<Failure>(Request(), Deadline.Span);
            Assert.Equal((FailureCode.FailedPrecondition, $"accelerator \"kvm\": {NoKvm}"), (failure.Code, failure.Message));
            await StatusAsync(factory);
        }

        await AssertLoggedAsync(log, $"accelerator \"kvm\": {NoKvm}", (template ? 1 : 0) + pool);
    }

    [Fact]
    public async Task Should_say_in_the_status_why_there_is_no_template_when_kvm_is_not_to_be_had()
    {
        var factory = Create(Services("kvm") with { Settings = Settings(template: true, pool: 0) });

        var view = (await StatusAsync(factory, status => !status.Template.IsChanging)).Template;

        Assert.Equal((TemplateState.Failed, $"accelerator \"kvm\": {NoKvm}"), (view.State, view.Problem));
    }

    [Fact]
    public async Task Should_say_in_the_status_of_a_destroyed_factory_why_there_is_no_template_when_kvm_is_not_to_be_had()
    {
        var factory = Create(Services("kvm") with { Settings = Settings(template: true, pool: 0) });
        await StatusAsync(factory, status => !status.Template.IsChanging);
        Assert.IsType<FactoryDestroyed>(await factory.Ask<object>(new DestroyFactory(), Deadline.Span));

        var view = Assert.IsType<FactoryStatus>(await factory.Ask<object>(new GetStatus(), Deadline.Span)).Template;

        Assert.Equal((TemplateState.Absent, $"accelerator \"kvm\": {NoKvm}"), (view.State, view.Problem));
    }

    [Fact]
    public async Task Should_boot_cold_when_the_actor_of_the_template_cannot_start()
    {
        var log = Logged();
        var factory = Create(Services("tcg") with { Settings = Settings(template: true, pool: 0), Directory = null! });

        Assert.Equal(VmSources.Cold, (await factory.Ask<VmGranted>(Request(), Deadline.Span)).Source);
        var view = (await StatusAsync(factory)).Template;

        Assert.Equal((TemplateState.Failed, "its actor failed"), (view.State, view.Problem));
        await AssertLoggedAsync(log, "the template could not be made: its actor failed", 1);
        var progress = Assert.IsType<TemplateProgress>(await factory.Ask<object>(new InitTemplate(""), Deadline.Span));
        Assert.IsType<Failure>(await factory.Ask<object>(new InitTemplate(progress.Step), Deadline.Span));
        Assert.IsType<Failure>(await factory.Ask<object>(new DestroyFactory(), Deadline.Span));
    }

    [Fact]
    public async Task Should_make_no_template_and_boot_cold_when_the_guest_kernel_cannot_be_read()
    {
        var factory = Create(Services("tcg") with { Settings = Settings(template: true, pool: 0), Children = Children(() => Props.Create(() => new FailingVmm())) });

        Assert.Equal(VmSources.Cold, (await factory.Ask<VmGranted>(Request(), Deadline.Span)).Source);

        Assert.Contains("\"/k\" cannot be read", (await StatusAsync(factory)).Template.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_try_the_pool_again_after_pauses_that_grow_and_say_why_it_is_empty()
    {
        var log = Logged();
        var factory = Create(Services("tcg") with { Settings = Settings(template: false, pool: 1) });

        await StatusAsync(factory, status => status.PoolProblem == "its actor failed");
        Assert.Equal(1, _vmmsWanted);
        foreach (var (seconds, wanted) in new[] { (5, 2), (5, 2), (5, 3), (15, 3), (5, 4) })
        {
            Clock.Advance(TimeSpan.FromSeconds(seconds));
            await StatusAsync(factory, status => status.PoolBooting == 0);
            Assert.Equal(wanted, _vmmsWanted);
        }

        await AssertLoggedAsync(log, "its actor failed", 1);
    }

    private async Task AssertLoggedAsync(TestProbe log, string text, int times)
    {
        Sys.Log.Error("end of the test");
        var count = 0;
        for (var line = ""; !line.Contains("end of the test", StringComparison.Ordinal);)
        {
            line = (await log.ExpectMsgAsync<LogEvent>(Deadline.Span)).Message.ToString()!;
            count += line.Contains(text, StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.Equal(times, count);
    }

    private TestProbe Logged()
    {
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Warning));
        Sys.EventStream.Subscribe(log, typeof(Error));
        return log;
    }

    private static FactorySettings Settings(bool template, int pool) => Settings(template, pool, pool, boots: 100);

    private FactoryServices Services(string accelerator)
    {
        var services = Services(Settings(template: false, pool: 0), Children(FailToStart));
        return services with { Vm = services.Vm with { Accelerator = accelerator }, Host = new HostVirtualization(NoKvm, false) };
    }

    private static SandboxChildren Children(Func<Props> hypervisor) => new(hypervisor, (_, _) => Props.Empty, _ => Props.Empty, () => Props.Empty);

    private Props FailToStart()
    {
        Interlocked.Increment(ref _vmmsWanted);
        throw new InvalidOperationException("it cannot start");
    }

    private sealed class FailingVmm : ReceiveActor
    {
        public FailingVmm()
        {
            Receive<HypervisorProtocol.Launch>(launch => Sender.Tell(new HypervisorFailure(launch, new(FailureCode.InvalidArgument, "\"/k\" cannot be read"))));
            Receive<HypervisorProtocol.Stop>(_ => Sender.Tell(new HypervisorProtocol.Stopped()));
        }
    }
}
