using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;

namespace KataActors.Runtime.Factory;

/// <summary>
/// Ends a VM of the factory that nobody has any more: QEMU, then its host cgroups, then the run directory, which is the record of both until then. Whatever is gone
/// already is passed over. It stops when nothing is left, or something does not go.
/// <code>
/// QEMU ──gone──▶ cgroups ──gone──▶ run directory ──gone──▶ (stops)
/// </code>
/// </summary>
internal sealed class LeftVmActor : UntypedActor
{
    private readonly Guid _uuid;
    private readonly FactoryDirectory _directory;
    private readonly Func<string, CgroupPlacement, Props> _make;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    public LeftVmActor(Guid uuid, FactoryDirectory directory, Func<string, CgroupPlacement, Props> make)
    {
        _uuid = uuid;
        _directory = directory;
        _make = make;
    }

    /// <param name="uuid">The VM's.</param>
    /// <param name="directory">Where its run directory is.</param>
    /// <param name="make">The CgroupActor of a name, and where its groups are.</param>
    public static Props Props(Guid uuid, FactoryDirectory directory, Func<string, CgroupPlacement, Props> make) =>
        Akka.Actor.Props.Create(() => new LeftVmActor(uuid, directory, make));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    /// <inheritdoc/>
    protected override void PreStart() => VmmFinder.EndAsync(_uuid).PipeTo(Self, success: () => new VmmGone(), failure: e => new Failed(e.Message));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case VmmGone:
                Context.ActorOf(PoolGroupActor.Props(_uuid, _make), "group");
                break;
            case PoolGroupActor.Gone { Problem: null }:
                Task.Run(() => FactoryDirectory.Remove(_directory.Of(_uuid))).PipeTo(Self, success: () => new DirectoryGone(), failure: e => new Failed(e.Message));
                break;
            case DirectoryGone:
                Context.Stop(Self);
                break;
            case PoolGroupActor.Gone { Problem: { } problem }:
                Leave(problem);
                break;
            case Failed failed:
                Leave(failed.Reason);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Leave(string problem)
    {
        _log.Error("the VM {0} is left to the next daemon: {1}", _uuid, problem);
        Context.Stop(Self);
    }

    private sealed record VmmGone;

    private sealed record DirectoryGone;

    private sealed record Failed(string Reason);
}
