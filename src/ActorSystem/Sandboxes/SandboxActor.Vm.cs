using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

// The VM's names, and the shell's part in getting and giving it up.
internal sealed partial class SandboxActor
{
    // Actors that were dismissed, and have not stopped yet: their last messages are stale.
    private readonly HashSet<IActorRef> _departing = [];

    // Whose removal is under way, and who waits for it.
    private readonly Dictionary<Guid, List<IActorRef>> _poolGroups = [];

    private SandboxNote? _note;
    private bool _poolGroupGone;

    private VmConfig? VmConfig => _state.Seen.Vm?.Config;

    // An actor that was only asked for threads, before the factory had described the VM, knows of none and would say that it is stopped.
    private bool HoldsVmm => _children.ContainsKey(ResourceKind.Hypervisor) && VmConfig is not null;

    private Guid VmUuid => _state.Record.Exists ? _state.Record.VmUuid : _note?.VmUuid ?? _registration.Uuid;

    // The VM of the pool that it has, or had; without the journal the note tells.
    private Guid? PoolUuid => _state.Record.PoolUuid ?? (_note is { } note && note.VmUuid != _registration.Uuid ? note.VmUuid : null);

    // One that came from the pool, or its successor, may have been on its way when it was not yet recorded.
    private ImmutableArray<Guid> VmUuids => [.. new[] { _registration.Uuid, VmUuid, VmConfig?.Uuid ?? VmUuid }.Distinct()];

    // Until its run directory is the sandbox's own, a VM of the pool is the factory's to end, with its cgroup. When this actor stops, the factory sees it.
    private void GiveBackVm(VmLease? vm)
    {
        if (vm is { Running: not null, IsTaken: false })
        {
            _services.Factory.Tell(new FactoryProtocol.EndVm(vm.Config.Uuid));
            _poolGroupGone = true;
        }
    }

    // The group in which a VM of the pool has waited is empty when all threads are in the sandbox's own, or QEMU is gone.
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
