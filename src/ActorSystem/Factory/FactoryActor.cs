using Akka.Actor;
using Akka.Event;
using KataActors.Runtime.Factory.Core;
using KataActors.Runtime.Teardown;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>
/// Gives each sandbox its VM: by nested strategies, with a bounded number of boots at a time, in order of the requests' arrival. It is the shell of
/// <see cref="FactoryDecision"/>: it turns messages into inputs, carries out the effects, and sends the replies. Its children do the slow work. It
/// lives as long as the daemon.
/// <code>
/// Looking ──▶ Sweeping ──(orphaned VMs are torn down)──▶ Serving ──EndPool──▶ Leaving
/// </code>
/// Requests wait in every phase, each with its own deadline.
/// </summary>
internal sealed class FactoryActor : UntypedActor, IWithTimers
{
    /// <summary>Name below /user.</summary>
    public const string Name = "factory";

    /// <summary>Factor for the deadlines of pool VMs: they yield to all other work, and no request waits for them.</summary>
    public const int PoolPatience = 5;

    private const string PoolVmName = "pool";
    private static readonly TimeSpan s_hostLookDeadline = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_lookDeadline = TimeSpan.FromSeconds(10);

    private readonly FactoryServices _services;
    private readonly FactoryContext _context;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef _templateActor = ActorRefs.Nobody;
    private FactoryState _state;

    public FactoryActor(FactoryServices services)
    {
        _services = services;
        _context = new FactoryContext(
            services.Settings, services.Vm, services.Host, services.Template.Current, services.Template.Folder, services.QueueDeadline);
        _state = FactoryDecision.Initial(services.Settings);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="services">The factory's services.</param>
    public static Props Props(FactoryServices services) => Akka.Actor.Props.Create(() => new FactoryActor(services));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart() => Decide(new FactoryInput.Begun());

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (InputOf(message) is { } input)
        {
            Decide(input);
        }
        else if (message is not (FactoryVmProtocol.Started or TeardownActor.Gone))
        {
            Unhandled(message);
        }
    }

    private FactoryInput? InputOf(object message) => message switch
    {
        FactoryInput input => input,
        RequestVm request => new FactoryInput.Request(request, new Address(Sender)),
        BootEnded ended => new FactoryInput.BootOver(ended.Sandbox),
        VmTaken taken => new FactoryInput.Taken(taken.Vm),
        EndVm end => new FactoryInput.GivenBack(end.Vm),
        DescribeVm describe => new FactoryInput.Describe(describe, new Address(Sender)),
        GetStatus => new FactoryInput.Status(new Address(Sender)),
        InitTemplate init => new FactoryInput.Init(init.KnownStep, new Address(Sender)),
        DestroyFactory => new FactoryInput.Destroy(new Address(Sender)),
        EndPool => new FactoryInput.EndPool(new Address(Sender)),
        TemplateView view => new FactoryInput.TemplateChanged(view),
        FactoryVmProtocol.Held held => new FactoryInput.VmHeld(held.Config, held.Process),
        FactoryVmProtocol.Lost lost => new FactoryInput.VmLost(lost.Uuid, lost.Reason, lost.IsLeft),
        TeardownActor.Delayed delayed => new FactoryInput.OrphanDelayed(delayed.Vm),
        _ => null,
    };

    private void Decide(FactoryInput input)
    {
        var step = FactoryDecision.On(_state, input, _context with { FreshVm = _context.HasPool ? _services.Directory.NewVm(PoolVmName) : null });
        _state = step.State;
        foreach (var remark in step.Remarks)
        {
            _log.Log(remark.IsError ? LogLevel.ErrorLevel : LogLevel.WarningLevel, null, "{0}", remark.Text);
        }

        foreach (var effect in step.Effects)
        {
            CarryOut(effect);
        }

        foreach (var (to, reply) in step.Replies)
        {
            ActorOf(to).Tell(reply);
        }
    }

    private void CarryOut(FactoryEffect effect)
    {
        switch (effect)
        {
            case FactoryEffect.LookAtHost:
                Task.Run(() => HostLook.Take(_services.Directory, _services.Template)).WaitAsync(s_hostLookDeadline).PipeTo(
                    Self, success: look => new FactoryInput.HostSeen(look), failure: e => new FactoryInput.HostSeen(HostLook.Failed(e.Message)));
                break;
            case FactoryEffect.TearDown { Orphan: var orphan }:
                TearDown(orphan);
                break;
            case FactoryEffect.Watch watch:
                Context.WatchWith(ActorOf(watch.Requester), new FactoryInput.RequesterGone(watch.Sandbox));
                break;
            case FactoryEffect.Unwatch unwatch:
                Context.Unwatch(ActorOf(unwatch.Requester));
                break;
            case FactoryEffect.StartTimer { IsPeriodic: true } start:
                Timers.StartPeriodicTimer(start.Timer, new FactoryInput.Elapsed(start.Timer), start.Span);
                break;
            case FactoryEffect.StartTimer start:
                Timers.StartSingleTimer(start.Timer, new FactoryInput.Elapsed(start.Timer), start.Span);
                break;
            case FactoryEffect.CancelTimer cancel:
                Timers.Cancel(cancel.Timer);
                break;
            case FactoryEffect.BootVm boot:
                BootVm(boot.Config);
                break;
            case FactoryEffect.ReleaseVm release:
                Context.Child(PoolVmActor(release.Vm)).Tell(new FactoryVmProtocol.Release());
                break;
            case FactoryEffect.EndVm end:
                Context.Child(PoolVmActor(end.Vm)).Tell(new FactoryVmProtocol.End(end.Reason));
                break;
            case FactoryEffect.StartTemplateActor:
                StartTemplateActor();
                break;
            case FactoryEffect.TellTemplate tell:
                _templateActor.Tell(tell.Command);
                break;
            case FactoryEffect.LookAtTemplate look:
                LookAtTemplate(look);
                break;
            case FactoryEffect.TellStatus tell:
                // The facts from the kernel take time; only the requester waits for them.
                var reader = new FactoryStatusReader(_services, _context.Direct);
                Task.Run(() => reader.Complete(tell.Status)).PipeTo(ActorOf(tell.Requester), Self, failure: e => new Failure(FailureCode.Internal, e.Message));
                break;
        }
    }

    private static string PoolVmActor(Guid vm) => $"pool-{vm:N}";

    private static IActorRef ActorOf(Requester requester) => ((Address)requester).Actor;

    private void TearDown(Orphan orphan)
    {
        if (orphan.IsOfEarlierDaemon)
        {
            _log.Info("the VM {0}, left by an earlier daemon in the factory, is torn down", orphan.Vm);
        }

        Context.WatchWith(Context.ActorOf(TeardownActor.Props(_services.RemainsOf(orphan)), $"left-{orphan.Vm:N}"), new FactoryInput.OrphanGone(orphan.Vm));
    }

    private void BootVm(VmConfig config)
    {
        var deadlines = new FactoryVmDeadlines(_services.BootDeadline * PoolPatience);
        Context.WatchWith(
            Context.ActorOf(FactoryVmActor.Props(config, _services.Children, deadlines), PoolVmActor(config.Uuid)), new FactoryInput.VmActorStopped(config.Uuid));
    }

    private void StartTemplateActor()
    {
        _templateActor = Context.ActorOf(TemplateActor.Props(_services.Template, _services.Directory, DescribeUsual, _services.Children, _services.BootDeadline));
        Context.WatchWith(_templateActor, new FactoryInput.TemplateActorStopped());
    }

    private VmConfig DescribeUsual(VmIdentity identity) => _context.Direct.Describe(identity, _services.Vm.Vcpus, _services.Vm.MemoryMib) switch
    {
        VmConfig config => config,
        Failure failure => throw new InvalidOperationException(failure.Message),
        var other => throw new InvalidOperationException($"unexpected {other}"),
    };

    // Files that cannot be looked at in time get a full check.
    private void LookAtTemplate(FactoryEffect.LookAtTemplate look) => Task.Run(() => look.Stamps.All(stamp => stamp.StillHolds()))
        .WaitAsync(s_lookDeadline)
        .PipeTo(Self, success: holds => new FactoryInput.TemplateSeen(look.Look, holds), failure: _ => new FactoryInput.TemplateSeen(look.Look, IsUnchanged: false));

    /// <summary>The sender of a message.</summary>
    private sealed record Address(IActorRef Actor) : Requester;
}
