using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

// The VM's names, and the shell's part in getting and giving up the VM.
internal sealed partial class SandboxActor
{
    // Dismissed actors that have not stopped yet: their last messages are stale.
    private readonly HashSet<IActorRef> _departing = [];

    // Pool cgroups under removal, and their requesters.
    private readonly Dictionary<Guid, List<IActorRef>> _poolGroups = [];

    private SandboxNote? _note;
    private bool _poolGroupGone;

    private VmConfig? VmConfig => _state.Seen.Vm?.Config;

    // Before the factory has described the VM, the hypervisor actor may have been asked only for threads. It has no VM then, and would report it as
    // stopped.
    private bool HoldsVmm => _children.ContainsKey(ResourceKind.Hypervisor) && VmConfig is not null;

    private Guid VmUuid => _state.Record.Exists ? _state.Record.VmUuid : _note?.VmUuid ?? _registration.Uuid;

    // The present or former pool VM; without the journal the note tells.
    private Guid? PoolUuid => _state.Record.PoolUuid ?? (_note is { } note && note.VmUuid != _registration.Uuid ? note.VmUuid : null);

    // A pool VM, or its cold successor, may have been in use before it was recorded.
    private ImmutableArray<Guid> VmUuids => [.. new[] { _registration.Uuid, VmUuid, VmConfig?.Uuid ?? VmUuid }.Distinct()];

    // Until its run directory has moved to the sandbox, a pool VM belongs to the factory, which ends it with its cgroup. The factory watches this
    // actor.
    private void GiveBackVm(VmLease? vm)
    {
        if (vm is { Running: not null, IsTaken: false })
        {
            _services.Factory.Tell(new FactoryProtocol.EndVm(vm.Config.Uuid));
            _poolGroupGone = true;
        }
    }

    // The pool cgroup is empty once all threads are in the sandbox's own group, or QEMU has ended.
    private void LeavePoolGroup()
    {
        if (PoolUuid is { } uuid && !_poolGroupGone)
        {
            RemovePoolGroup(uuid, ActorRefs.Nobody);
        }
    }

    private void RemovePoolGroup(Guid uuid, IActorRef requester)
    {
        if (!_poolGroups.TryGetValue(uuid, out var requesters))
        {
            _poolGroups[uuid] = requesters = [];
            Context.ActorOf(PoolGroupActor.Props(uuid, _services.Children.Cgroup), FreeName("pool-group"));
        }

        requesters.Add(requester);
    }

    private void OnPoolGroupGone(PoolGroupActor.Gone gone)
    {
        _poolGroupGone |= gone.Problem is null && gone.Uuid == PoolUuid;
        if (gone.Problem is { } problem)
        {
            _log.Warning("the cgroup of a pool VM is left: {0}", problem);
        }

        if (_poolGroups.Remove(gone.Uuid, out var requesters))
        {
            requesters.ForEach(requester => requester.Tell(gone));
        }
    }

    private void Dismiss(ResourceKind kind)
    {
        if (_children.Remove(kind, out var child))
        {
            _departing.Add(child);
            Context.Stop(child);
            Runner.Lose(child, NameOf(kind));
            AnswerInspectionsWithout(kind);
        }
    }
}
