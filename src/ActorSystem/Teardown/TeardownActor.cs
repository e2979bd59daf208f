using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Teardown.Core;

namespace KataActors.Runtime.Teardown;

/// <summary>
/// Tears down a VM: QEMU, then its host cgroups, then its folders (<see cref="VmTeardown"/>). A failed attempt is repeated after a growing pause. The
/// parent is told of the first failure (<see cref="Delayed"/>), and of the end (<see cref="Gone"/>), after which this actor stops. Every step has a
/// deadline.
/// </summary>
internal sealed class TeardownActor : UntypedActor, IWithTimers
{
    private readonly VmRemains _remains;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private VmTeardown _teardown;
    private IActorRef _groups;
    private int _steps;
    private bool _isDelayed;

    public TeardownActor(VmRemains remains)
    {
        _remains = remains;
        _groups = remains.Groups;
        _teardown = VmTeardown.Begin(isHeld: !remains.Hypervisor.IsNobody(), hasGroups: remains.MakeGroups is not null, remains.OnlyWhileRecorded);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="remains">The VM's possible remains.</param>
    public static Props Props(VmRemains remains) => Akka.Actor.Props.Create(() => new TeardownActor(remains));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart() => BeginStep();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.Stopped when _teardown.Step == TeardownStep.Stop:
                GoOn(StepOutcome.Done);
                break;
            case HypervisorFailure { Command: HypervisorProtocol.Stop } failure when _teardown.Step == TeardownStep.Stop:
                GoOn(new StepOutcome(failure.Failure.Message));
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_remains.Hypervisor) && _teardown.Step == TeardownStep.Stop:
                GoOn(new StepOutcome("its actor failed"));
                break;
            case PoolGroupActor.Gone gone when _teardown.Step == TeardownStep.Groups:
                GoOn(gone.Problem is { } problem ? new StepOutcome($"its cgroup is left: {problem}") : StepOutcome.Done);
                break;
            case StepEnded ended when ended.Step == _steps:
                GoOn(ended.Outcome);
                break;
            case HypervisorProtocol.Stopped or HypervisorFailure or Terminated or PoolGroupActor.Gone or StepEnded:
                // Stale replies of steps that have been given up.
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void GoOn(StepOutcome outcome)
    {
        _teardown = _teardown.After(outcome);
        BeginStep();
    }

    private void BeginStep()
    {
        _steps++;
        Timers.CancelAll();
        if (_teardown.Step is TeardownStep.Stop or TeardownStep.End or TeardownStep.Groups or TeardownStep.Folders)
        {
            _remains.CrashPoints.Pass();
        }

        switch (_teardown.Step)
        {
            case TeardownStep.Look:
                Run("its record cannot be looked at", () => Task.FromResult(_remains.Folders.Any(KernelFiles.Exists) ? StepOutcome.Done : StepOutcome.NoRecord));
                break;
            case TeardownStep.Stop:
                Expect("QEMU was not stopped", _remains.StopDeadline);
                Context.Watch(_remains.Hypervisor);
                _remains.Hypervisor.Tell(new HypervisorProtocol.Stop());
                break;
            case TeardownStep.End:
                Run("its QEMU is left", EndAsync);
                break;
            case TeardownStep.Groups:
                Expect("its cgroup is left: it was not removed", _remains.StepDeadline);
                Context.ActorOf(PoolGroupActor.Props(_remains.Vm, _remains.MakeGroups!, _groups));
                _groups = ActorRefs.Nobody; // Another attempt is made by a fresh one.
                break;
            case TeardownStep.Folders:
                Run("its record is left", () => Task.FromResult(RemoveFolders()));
                break;
            case TeardownStep.Pause:
                Rest();
                break;
            case TeardownStep.Gone:
                Context.Parent.Tell(new Gone(_remains.Vm));
                Context.Stop(Self);
                break;
        }
    }

    // Runs a step off the actor; its exception is its problem.
    private void Run(string problem, Func<Task<StepOutcome>> work)
    {
        var step = _steps;
        Expect($"{problem}: it did not end", _remains.StepDeadline);
        Task.Run(work).PipeTo(
            Self, success: outcome => new StepEnded(step, outcome), failure: e => new StepEnded(step, new StepOutcome($"{problem}: {e.Message}")));
    }

    private void Expect(string problem, TimeSpan deadline) => Timers.StartSingleTimer(
        nameof(StepEnded), new StepEnded(_steps, new StepOutcome($"{problem} within {deadline.TotalSeconds:0.#} s")), deadline);

    private async Task<StepOutcome> EndAsync()
    {
        await RunningVms.EndAsync([_remains.Vm], _remains.QemuPath).ConfigureAwait(false);
        return StepOutcome.Done;
    }

    private StepOutcome RemoveFolders()
    {
        List<string> problems = [];
        foreach (var folder in _remains.Folders)
        {
            try
            {
                FolderTree.Remove(folder);
            }
            catch (Exception e) when (e is LinuxException or IOException)
            {
                problems.Add(e.Message);
            }
        }

        return problems.Count == 0 ? StepOutcome.Done : new StepOutcome($"its record is left: {string.Join("; ", problems)}");
    }

    private void Rest()
    {
        foreach (var attempt in Context.GetChildren())
        {
            Context.Stop(attempt);
        }

        var (problem, pause) = (_teardown.Pauses.Cause, _teardown.Pause);
        _log.Error("the VM {0} is left for now, and tried again in {1} s: {2}", _remains.Vm, pause.TotalSeconds, problem);
        Timers.StartSingleTimer(nameof(StepEnded), new StepEnded(_steps, StepOutcome.Done), pause);
        if (!_isDelayed)
        {
            _isDelayed = true;
            Context.Parent.Tell(new Delayed(_remains.Vm, problem));
        }
    }

    /// <summary>Event for the parent: a part of the VM is left, and need not be awaited.</summary>
    /// <param name="Vm">QEMU's uuid.</param>
    /// <param name="Problem">The part, and why.</param>
    public sealed record Delayed(Guid Vm, string Problem);

    /// <summary>Event for the parent: nothing of the VM is left. The actor stops.</summary>
    /// <param name="Vm">QEMU's uuid.</param>
    public sealed record Gone(Guid Vm);

    /// <param name="Step">The number of the finished step.</param>
    /// <param name="Outcome">Its result.</param>
    private sealed record StepEnded(int Step, StepOutcome Outcome);
}
