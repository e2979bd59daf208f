using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>
/// Gives each sandbox its VM: by nested strategies, a bounded number of boots at a time, the requests in the order of their arrival. Slow work is
/// done by its children; it lives as long as the daemon.
/// <code>
/// Sweeping ──(what a killed daemon left is ended)──▶ Serving ──DestroyFactory──▶ Destroying ──(no clone is starting)──▶ Serving
/// </code>
/// Requests wait in every state, each with its own deadline.
/// </summary>
internal sealed partial class FactoryActor : UntypedActor, IWithTimers
{
    /// <summary>Name below /user.</summary>
    public const string Name = "factory";

    private const int MostWaiting = 10_000;
    private static readonly TimeSpan s_destroyDeadline = TimeSpan.FromSeconds(20);

    private readonly FactoryServices _services;
    private readonly DirectStrategy _direct;
    private readonly TemplateStrategy? _template;
    private readonly PoolStrategy? _poolStrategy;
    private readonly IVmStrategy _strategy;
    private readonly VmPool _pool;
    private readonly LinkedList<Waiting> _waiting = [];
    private readonly Dictionary<Guid, Boot> _booting = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef _templateActor = ActorRefs.Nobody;
    private FactoryCounts _counts = FactoryCounts.Zero;
    private bool _ready;

    public FactoryActor(FactoryServices services)
    {
        _services = services;
        _pool = new VmPool(services.Settings.PoolMinimum, services.Settings.PoolMaximum);
        _direct = new DirectStrategy(services.Vm, services.Host);
        _strategy = _direct;
        if (services.Settings.EnableTemplate)
        {
            _strategy = _template = new TemplateStrategy(_strategy, services.Vm, services.Template);
        }

        if (_pool.Exists)
        {
            _strategy = _poolStrategy = new PoolStrategy(_strategy, services.Vm, _pool);
        }
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="services">What it needs.</param>
    public static Props Props(FactoryServices services) => Akka.Actor.Props.Create(() => new FactoryActor(services));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart() =>
        FactorySweep.RunAsync(_services.Directory, _services.Template, _log).PipeTo(Self, success: left => new Swept(left), failure: e => new SweepFailed(e.Message));

    /// <summary>Sweeping, and Serving.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RequestVm request:
                Enqueue(request);
                break;
            case BootEnded ended:
                EndBoot(ended.Sandbox);
                break;
            case AskerGone gone:
                EndHanded(gone.Sandbox);
                EndBoot(gone.Sandbox);
                break;
            case QueueOverdue overdue:
                GiveUp(overdue.Sandbox);
                break;
            case DescribeVm describe:
                Sender.Tell(_direct.Describe(describe.Identity, describe.Vcpus, describe.MemoryMib) switch
                {
                    VmConfig config => new VmDescribed(config),
                    var failure => failure,
                });
                break;
            case SweepFailed failed:
                _log.Error("what an earlier daemon left of the factory could not be removed: {0}", failed.Reason);
                BeginServingWhenSwept();
                break;
            default:
                if (!OnTemplate(message) && !OnPool(message) && !OnEnding(message))
                {
                    Unhandled(message);
                }

                break;
        }
    }

    private void BeginServing()
    {
        _ready = true;
        if (_template is not null)
        {
            StartTemplateActor();
        }

        StartPool();
        Pump();
    }

    private void Enqueue(RequestVm request)
    {
        if (_waiting.Count >= MostWaiting)
        {
            Sender.Tell(new Failure(FailureCode.ResourceExhausted, $"{_waiting.Count} requests for a VM wait already"));
            return;
        }

        // A sandbox that asks again has given back what it was granted.
        EndBoot(request.Identity.Uuid, pump: false);
        Context.WatchWith(Sender, new AskerGone(request.Identity.Uuid));
        Timers.StartSingleTimer(request.Identity.Uuid, new QueueOverdue(request.Identity.Uuid), _services.QueueDeadline);
        _waiting.AddLast(new Waiting(request, Sender));
        Pump();
    }

    // Serves whoever can be served now, in order; then the pool, with what nobody waits for.
    private void Pump()
    {
        if (!_ready || _destroying)
        {
            return;
        }

        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            switch (Offer(node.Value.Request))
            {
                case VmOffer.Grant grant:
                    _waiting.Remove(node);
                    Grant(node.Value, grant.Vm);
                    break;
                case VmOffer.Refusal refusal:
                    _waiting.Remove(node);
                    Leave(node.Value);
                    node.Value.Asker.Tell(refusal.Failure);
                    break;
                default:
                    TellWanted();
                    break;
            }

            node = next;
        }

        if (_waiting.Count == 0)
        {
            FillPool();
        }
    }

    private VmOffer Offer(RequestVm request) => _strategy.Offer(request, _booting.Values.Count(boot => !boot.Yields) < _services.Settings.ConcurrentBoots);

    private void Grant(Waiting waiting, VmGranted granted)
    {
        var request = waiting.Request;
        Timers.Cancel(request.Identity.Uuid);
        if (granted.Running is null)
        {
            _booting[request.Identity.Uuid] = new Boot(granted.Source, waiting.Asker);
        }
        else
        {
            _handed[granted.Config.Uuid] = new Handed(request.Identity.Uuid, waiting.Asker);
            ReleaseTaken();
        }

        CountGrant(request, granted);
        waiting.Asker.Tell(granted);
    }

    private void CountGrant(RequestVm request, VmGranted granted)
    {
        var failure = request.CloneFailure
            ?? (_template is { View: { State: TemplateState.Failed } view } && IsUsual(request) ? $"there is no template: {view.Problem}" : null);
        _counts = _counts.After(granted.Source, failure, _template is not null || _pool.Exists);
        if (granted.Source == VmSources.Cold && failure is not null)
        {
            _log.Warning("sandbox {0} boots cold: {1}", request.Identity.HostName, failure);
        }

        if (granted.Source != VmSources.Pool && request.CloneFailure is null && IsUsual(request))
        {
            _pool.Miss();
        }
    }

    private bool IsUsual(RequestVm request) => _services.Vm.DoesFor(request.Vcpus, request.MemoryMib);

    private void EndBoot(Guid sandbox, bool pump = true)
    {
        Timers.Cancel(sandbox);
        if (_booting.Remove(sandbox, out var boot) && boot.Asker is { } asker)
        {
            Context.Unwatch(asker);
        }

        for (var node = _waiting.First; node is not null; node = node.Next)
        {
            if (node.Value.Request.Identity.Uuid == sandbox)
            {
                Leave(node.Value);
                _waiting.Remove(node);
                break;
            }
        }

        if (pump)
        {
            DestroyWhenQuiet();
            Pump();
        }
    }

    private void GiveUp(Guid sandbox)
    {
        if (_waiting.FirstOrDefault(waiting => waiting.Request.Identity.Uuid == sandbox) is not { } late)
        {
            return;
        }

        _waiting.Remove(late);
        Leave(late);
        var why = _template is { View: { IsChanging: true } view } ? $"the template is not ready ({view.Step})" : $"{_booting.Count} VMs are booting";
        late.Asker.Tell(new Failure(FailureCode.DeadlineExceeded, $"no VM could be had within {_services.QueueDeadline.TotalSeconds:0.#} s: {why}"));
    }

    private void Leave(Waiting waiting)
    {
        Timers.Cancel(waiting.Request.Identity.Uuid);
        Context.Unwatch(waiting.Asker);
    }

    private sealed record Waiting(RequestVm Request, IActorRef Asker);

    /// <param name="Source">What boots.</param>
    /// <param name="Asker">For whom; null for the factory's own.</param>
    /// <param name="Yields">It takes no time from others, and nobody waits for its end.</param>
    private sealed record Boot(string Source, IActorRef? Asker, bool Yields = false);

    private sealed record AskerGone(Guid Sandbox);

    private sealed record QueueOverdue(Guid Sandbox);

    private sealed record Swept(IReadOnlyList<Guid> Left);

    private sealed record SweepFailed(string Reason);
}
