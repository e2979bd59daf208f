using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryVmProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>
/// One VM without a sandbox: it boots cold or as a clone, and after its rehearsal it is saved as a template, or held in the pool.
/// <code>
/// Starting ──Launched──▶ Booting ──agent answers──▶ Saving ──▶ Ending ──▶ (Saved)
///    │                      │ └────────────────────▶ Holding ──▶ Waiting ──Release──▶ (left to its sandbox)
///    └──────────────────────┴─ any failure, End ─▶ Ending ──▶ (Lost)
/// </code>
/// Its run directory, named by the uuid, is made before QEMU, and removed after QEMU and its cgroup: it leads to their remains. A pool VM boots and
/// waits in a group with the least weight; the sandbox that takes it over gives it its own. Every state but Waiting has a deadline.
/// </summary>
internal sealed partial class FactoryVmActor : UntypedActor, IWithTimers
{
    private const string CgroupName = "cgroup";
    private const string TeardownName = "teardown";

    private static readonly TimeSpan s_saveDeadline = TimeSpan.FromSeconds(30);

    // The least weight against all other work.
    private static readonly ResourceLimits s_idle = new() { CpuShares = 2 };

    private readonly VmConfig _config;
    private readonly SandboxChildren _make;
    private readonly FactoryVmDeadlines _deadlines;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef _hypervisor = ActorRefs.Nobody;
    private IActorRef _agent = ActorRefs.Nobody;
    private IActorRef _cgroup = ActorRefs.Nobody;
    private ProcessIdentity? _process;
    private ImmutableQueue<IMessage>? _requests;
    private object _end = new();
    private End? _endAsked;
    private bool _prepared;
    private int _applying;
    private bool _threadsKnown;
    private bool _released;

    public FactoryVmActor(VmConfig config, SandboxChildren make, FactoryVmDeadlines deadlines)
    {
        _config = config;
        _make = make;
        _deadlines = deadlines;
    }

    private bool BecomesTemplate => _config.Template is { Use: TemplateUse.Make };

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="config">The VM. Its run directory does not exist yet.</param>
    /// <param name="make">How the children are made.</param>
    /// <param name="deadlines">Deadlines of the VM's steps.</param>
    public static Props Props(VmConfig config, SandboxChildren make, FactoryVmDeadlines deadlines) =>
        Akka.Actor.Props.Create(() => new FactoryVmActor(config, make, deadlines));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Expect("its QEMU was not started", _deadlines.Boot);
        _hypervisor = Context.Watch(Context.ActorOf(_make.Hypervisor(), "hypervisor"));
        _make.CrashPoints.Pass();
        Task.Run(() => OwnFolder.OpenOrCreate(_config.RunDirectory).Dispose()).PipeTo(
            Self, success: () => new Prepared(), failure: e => new Failed(e.Message));
    }

    /// <summary>Starting.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Prepared when _endAsked is { } end:
                Finish(end.Reason);
                break;
            case End end when !_prepared:
                // Its run directory is being made.
                _endAsked = end;
                break;
            case Prepared:
                _prepared = true;
                Send(_hypervisor, new HypervisorProtocol.Launch(_config, null));
                break;
            case HypervisorProtocol.Launched launched:
                _process = launched.Vmm;
                Boot();
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void Booting(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.Restored:
                // Not earlier: the deadline of a restore assumes the usual weight.
                ApplyGroup([]);
                break;
            case AgentProtocol.Connected when _requests is null:
                _requests = Rehearsal.Requests(_config);
                Ask(_requests);
                break;
            case AgentProtocol.Connected:
                // The awaited answer is lost.
                Finish("its agent was lost while it rehearsed");
                break;
            case AgentProtocol.Invoked { Response: WaitProcessResponse { Status: not 0 and var status } }:
                Finish($"its rehearsal ended with {status}");
                break;
            case AgentProtocol.Invoked when _requests is { IsEmpty: false } rest:
                Ask(rest);
                break;
            case AgentProtocol.InvokeFailed failed:
                Finish($"its rehearsal failed: {failed.Failure.Message}");
                break;
            case AgentProtocol.Invoked when BecomesTemplate:
                Expect("it was not saved", s_saveDeadline);
                Context.Parent.Tell(new Saving(_config.Uuid));
                Send(_hypervisor, new HypervisorProtocol.SaveTemplate());
                Become(SavingTemplate);
                break;
            case AgentProtocol.Invoked:
                // The sandbox that takes the VM over makes its own connection.
                Context.Unwatch(_agent);
                Context.Stop(_agent);
                Send(_hypervisor, new HypervisorProtocol.QueryVcpus());
                Become(Holding);
                break;
            case AgentProtocol.ConnectFailed failed:
                Finish($"its agent did not answer: {failed.Failure.Message}");
                break;
            case CgroupProtocol.Applied or CgroupFailure:
                OnApplied(message);
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void SavingTemplate(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.TemplateSaved:
                _end = new Saved(_config.Uuid);
                TearDown();
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void Holding(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.VcpuThreads threads:
                _threadsKnown = true;
                ApplyGroup(threads.Tids);
                break;
            case CgroupProtocol.Applied or CgroupFailure:
                OnApplied(message);
                break;
            case HypervisorProtocol.Paused:
                Timers.CancelAll();
                Context.Parent.Tell(new Held(_config, _process!.Value));
                Become(Waiting);
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void Waiting(object message)
    {
        switch (message)
        {
            case Release:
                // The sandbox moves the VM into its own group, and then removes this one.
                _released = true;
                Context.Stop(Self);
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void Otherwise(object message)
    {
        switch (message)
        {
            case End end:
                Finish(end.Reason);
                break;
            case Overdue overdue:
                Finish(overdue.What);
                break;
            case Failed failed:
                Finish(failed.Reason);
                break;
            case HypervisorFailure failure:
                Finish(failure.Failure.Message);
                break;
            case HypervisorProtocol.RestoreFailed failed:
                Finish($"the template could not be restored: {failed.Reason}");
                break;
            case HypervisorProtocol.VmmDied died:
                Finish($"QEMU died: {died.Reason}");
                break;
            case Terminated terminated:
                Finish($"its actor \"{terminated.ActorRef.Path.Name}\" failed");
                break;
            case CgroupProtocol.Applied or CgroupFailure or HypervisorProtocol.Restored or HypervisorProtocol.VcpuThreads or AgentProtocol.Connected or AgentProtocol.ConnectFailed or AgentProtocol.Unreachable or AgentProtocol.Invoked or AgentProtocol.InvokeFailed:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Boot()
    {
        Context.Parent.Tell(new Started(_config.Uuid));
        Expect("its agent did not answer", _deadlines.Boot);
        _agent = Context.Watch(Context.ActorOf(_make.Agent(), "agent"));
        Send(_agent, new AgentProtocol.Connect(_config.AgentSocket, _deadlines.Boot, Boots: true));
        Become(Booting);
        if (_config.Template is null)
        {
            ApplyGroup([]);
        }
    }

    // The warm-up: the guest does its one-time work before the VM is saved or waits.
    private void Ask(ImmutableQueue<IMessage> requests)
    {
        _requests = requests.Dequeue(out var request);
        Send(_agent, new AgentProtocol.Invoke(null, request, _deadlines.Boot));
    }

    // First without vCPU threads, so that the boot has the least weight too; again when they are known.
    private void ApplyGroup(ImmutableArray<int> threads)
    {
        if (_cgroup.IsNobody())
        {
            _cgroup = Context.Watch(Context.ActorOf(PoolGroupActor.GroupsOf(_config.Uuid, _make.Cgroup)(), CgroupName));
        }

        _applying++;
        Send(_cgroup, new CgroupProtocol.Apply(_process!.Value, threads, null) { Resources = s_idle });
    }

    private void OnApplied(object reply)
    {
        if (reply is CgroupFailure failure)
        {
            _log.Debug("the cgroup of a pool VM: {0}", failure.Failure.Message);
        }

        if (--_applying == 0 && _threadsKnown)
        {
            Send(_hypervisor, new HypervisorProtocol.Pause());
        }
    }

    private void Send(IActorRef actor, object command)
    {
        _make.CrashPoints.Pass();
        actor.Tell(command);
    }

    // One deadline at a time: a new one replaces the old one.
    private void Expect(string what, TimeSpan deadline) =>
        Timers.StartSingleTimer(nameof(Overdue), new Overdue($"{what} within {deadline.TotalSeconds:0.#} s"), deadline);

    /// <summary>Without its actor the VM would be an orphaned VM: it ends with the actor, unless a sandbox has it.</summary>
    protected override void PostStop()
    {
        if (!_released && _process is { } process)
        {
            using var pidfd = Pidfd.TryOpen(process);
            pidfd?.Signal(Signals.SIGKILL);
        }
    }

    private sealed record Prepared;

    private sealed record Failed(string Reason);

    private sealed record Overdue(string What);
}
