using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>The actor with a fake QEMU: a real process and a real monitor socket.</summary>
public abstract class HypervisorActorTest : Akka.Hosting.TestKit.TestKit
{
    protected static readonly TimeSpan Long = Deadline.Span;

    // Deadlines that no test reaches unless it is about them.
    protected static readonly HypervisorSettings Patient = new()
    {
        QuitTimeout = Deadline.Span * 10,
        TerminateTimeout = Deadline.Span * 10,
        ExitTimeout = Deadline.Span * 10,
        MonitorReconnectDelay = TimeSpan.FromMilliseconds(10),
    };

    protected static readonly HypervisorSettings Hasty = Patient with
    {
        QuitTimeout = TimeSpan.FromMilliseconds(50),
        TerminateTimeout = TimeSpan.FromMilliseconds(50),
        ExitTimeout = TimeSpan.FromMilliseconds(50),
        MonitorCommandTimeout = TimeSpan.FromMilliseconds(50),
        MonitorConnectTimeout = TimeSpan.FromMilliseconds(50),
    };

    private readonly TempDirectory _directory = new();
    protected VmConfig VmSpec { get; set; }
    private protected FakeVmm? Vmm { get; set; }

    protected HypervisorActorTest() =>
        VmSpec = VmConfigs.Valid with { Uuid = Guid.NewGuid(), RunDirectory = _directory.Path };

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHocon("akka.test.single-expect-default = 60s", HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        if (Vmm is not null)
        {
            await Vmm.DisposeAsync();
        }

        _directory.Dispose();
    }

    private protected static FakeVmmLauncher NoLauncher { get; } = new((_, _) => throw new InvalidOperationException());

    private protected (TestProbe Parent, IActorRef Actor) Create(FakeQmpFaults? faults = null, HypervisorSettings? settings = null, bool stubborn = false) =>
        CreateWith(
            new FakeVmmLauncher((config, _) =>
            {
                Vmm = FakeVmm.Start(config, stubborn, faults);
                return Task.FromResult(Vmm.Process);
            }),
            settings);

    private protected (TestProbe Parent, IActorRef Actor) CreateWith(IVmmLauncher launcher, HypervisorSettings? settings = null)
    {
        var parent = CreateTestProbe();
        var actor = parent.ChildActorOf(HypervisorActor.Props(settings ?? Patient, launcher), supervisorStrategy: SupervisorStrategy.StoppingStrategy);
        return (parent, actor);
    }

    /// <summary>Collects the warnings logged from now on.</summary>
    private protected TestProbe Warnings()
    {
        var probe = CreateTestProbe();
        Sys.EventStream.Subscribe(probe, typeof(Warning));
        return probe;
    }

    private protected HypervisorProtocol.Launched Launch(IActorRef actor)
    {
        actor.Tell(new HypervisorProtocol.Launch(VmSpec, null), TestActor);
        return ExpectMsg<HypervisorProtocol.Launched>(Long);
    }

    private protected void Pause(IActorRef actor)
    {
        actor.Tell(new HypervisorProtocol.Pause(), TestActor);
        ExpectMsg<HypervisorProtocol.Paused>(Long);
    }

    private protected void Stop(IActorRef actor)
    {
        actor.Tell(new HypervisorProtocol.Stop(), TestActor);
        ExpectMsg<HypervisorProtocol.Stopped>(Long);
    }

    /// <summary>Asserts that the parent gets no event: its next message is the answer to a question, asked now or after a timer of that length.</summary>
    private protected void ExpectNothingMore(TestProbe parent, IActorRef actor, TimeSpan after = default)
    {
        // The scheduler keeps the order of due timers, even when it is late.
        Sys.Scheduler.ScheduleTellOnce(after, actor, new Identify(null), parent);
        parent.ExpectMsg<ActorIdentity>(Long);
    }

    private protected void Adopt(IActorRef actor) =>
        actor.Tell(new HypervisorProtocol.Adopt(VmSpec, Vmm!.Process.Identity), TestActor);
}
