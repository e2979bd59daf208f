using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;

namespace KataActors.Runtime.Factory;

/// <summary>
/// Ends a VM of the factory that nobody has any more: QEMU, then its host cgroups, then the run directory, which is the record of both until then. Whatever is gone
/// already is passed over. What does not go is tried again after a pause that grows; the parent is told of the first failure (<see cref="Delayed"/>). It stops when
/// nothing is left.
/// <code>
/// QEMU ──gone──▶ cgroups ──gone──▶ run directory ──gone──▶ (stops)
///   ▲ └──────────────┴─ failed ───────┘
///   └────── pause ──────┘
/// </code>
/// </summary>
internal sealed class LeftVmActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(5);

    private readonly Guid _uuid;
    private readonly FactoryDirectory _directory;
    private readonly Func<string, CgroupPlacement, Props> _make;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private TimeSpan _pause = s_firstPause;

    public LeftVmActor(Guid uuid, FactoryDirectory directory, Func<string, CgroupPlacement, Props> make)
    {
        _uuid = uuid;
        _directory = directory;
        _make = make;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="uuid">The VM's.</param>
    /// <param name="directory">Where its run directory is.</param>
    /// <param name="make">The CgroupActor of a name, and where its groups are.</param>
    public static Props Props(Guid uuid, FactoryDirectory directory, Func<string, CgroupPlacement, Props> make) =>
        Akka.Actor.Props.Create(() => new LeftVmActor(uuid, directory, make));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    /// <inheritdoc/>
    protected override void PreStart() => EndVmm();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case VmmGone:
                Context.ActorOf(PoolGroupActor.Props(_uuid, _make));
                break;
            case PoolGroupActor.Gone { Problem: null }:
                Task.Run(() => FactoryDirectory.Remove(_directory.Of(_uuid))).PipeTo(Self, success: () => new DirectoryGone(), failure: e => new Failed(e.Message));
                break;
            case DirectoryGone:
                Context.Stop(Self);
                break;
            case PoolGroupActor.Gone { Problem: { } problem }:
                TryAgain(problem);
                break;
            case Failed failed:
                TryAgain(failed.Reason);
                break;
            case Again:
                EndVmm();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void EndVmm() => _directory.EndVmmAsync(_uuid).PipeTo(Self, success: () => new VmmGone(), failure: e => new Failed(e.Message));

    private void TryAgain(string problem)
    {
        if (_pause == s_firstPause)
        {
            Context.Parent.Tell(new Delayed(_uuid));
        }

        _log.Error("the VM {0} is left for now, and tried again in {1} s: {2}", _uuid, _pause.TotalSeconds, problem);
        Timers.StartSingleTimer(nameof(Again), new Again(), _pause);
        _pause = _pause * 2 < s_longestPause ? _pause * 2 : s_longestPause;
    }

    /// <summary>Event for the parent: something of the VM does not go, and need not be waited for.</summary>
    /// <param name="Vm">The VM's uuid.</param>
    public sealed record Delayed(Guid Vm);

    private sealed record Again;

    private sealed record VmmGone;

    private sealed record DirectoryGone;

    private sealed record Failed(string Reason);
}
