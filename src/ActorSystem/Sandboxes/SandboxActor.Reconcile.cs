using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxQueries;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// The return after a crash, and the death of the VM.
internal sealed partial class SandboxActor
{
    private bool _reconciling;

    // The journal is replayed. What it says is compared with what is: adopt, gone, or leaked.
    private void Reconcile()
    {
        if (!_state.Record.Exists || _state.Record.Deleted)
        {
            Context.Parent.Tell(new SandboxGone(_registration.Uuid));
            Become(Leaving);
            DeleteMessages(LastSequenceNr);
            return;
        }

        Report();
        Context.Parent.Tell(new SandboxRecovered(_registration.Uuid));
        if (_state.Record.Deleting || _state.Record.IsBeingCreated)
        {
            TearDown("its creation was interrupted", ActorRefs.Nobody, new Deleted());
        }
        else if (_state.Record.BootId != ProcessIdentity.BootId)
        {
            OnVmmDied("the host was restarted");
        }
        else if (_state.Record.VmEnded)
        {
            StartContainerActors();
            Decide(new UndoInterrupted());
        }
        else
        {
            _reconciling = true;
            Become(Reconciling);
            Timers.StartSingleTimer(nameof(ReconcileOverdue), new ReconcileOverdue(), Deadlines.Reconcile);
            _services.Factory.Tell(new FactoryProtocol.DescribeVm(VmIdentityOf(_state.Record.VmUuid), _state.Record.Vcpus, _state.Record.MemoryMib));
        }
    }

    private void Reconciling(object message)
    {
        switch (message)
        {
            case WaitContainer or InspectSandbox:
                Always(message);
                break;
            case IContainerMessage:
                Delay(message);
                break;
            case HypervisorProtocol.Adopted:
                Child(ResourceKind.Agent).Tell(new AgentProtocol.Connect(VmConfig!.AgentSocket, Deadlines.Reconcile, Boots: false));
                Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.QueryVcpus());
                break;
            case ReconcileOverdue:
                _log.Warning("the sandbox was not reconciled within {0}", Deadlines.Reconcile);
                EndReconciliation();
                break;
            default:
                Always(message);
                break;
        }
    }

    // The configuration may have changed since; the VM has not.
    private void OnDescribed(VmConfig config)
    {
        if (_state.Record is { Vmm: { } vmm, VmEnded: false } && !IsBeingRemoved)
        {
            var vm = config with { Accelerator = _state.Record.Accelerator == "kvm" ? Accelerator.Kvm : Accelerator.Tcg };
            Decide(new VmDescribed(vm));
            Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.Adopt(vm, vmm));
        }
    }

    private void OnNotDescribed(Failure failure)
    {
        if (_state.Record is { Vmm: not null, VmEnded: false } && !IsBeingRemoved)
        {
            EndVmAsLost($"its QEMU could not be taken over: {failure.Message}");
        }
    }

    private void OnReconnected()
    {
        Decide(new UndoInterrupted());
        if (_reconciling)
        {
            EndReconciliation();
        }
        else
        {
            Decide(new LimitsInDoubt());
        }
    }

    private void OnAgentSilent()
    {
        if (_reconciling)
        {
            _log.Warning("the agent does not answer; its containers are kept, and it is tried on");
            EndReconciliation();
        }
    }

    // A guest that answers each connection with nonsense costs the daemon work for as long as it runs.
    private void OnAgentUnreachable(string reason)
    {
        FailMaking(new Failure(FailureCode.Unavailable, $"its agent cannot be reached: {reason}"));
        if (!_state.Record.VmEnded && !IsBeingRemoved)
        {
            _log.Error("the agent cannot be reached, the VM is stopped: {0}", reason);
            EndVmAsLost($"its agent cannot be reached: {reason}");
        }
    }

    private void EndReconciliation()
    {
        if (!_reconciling)
        {
            return;
        }

        _reconciling = false;
        Timers.Cancel(nameof(ReconcileOverdue));
        Become(OnCommand);
        StartContainerActors();
        foreach (var container in _state.Record.Containers.Values.Where(container => container is { Deleting: true, Status: not ContainerStatus.Creating }).ToArray())
        {
            RemoveContainer(container.Key.Id, ActorRefs.Nobody);
        }

        Decide(new LimitsInDoubt());
        ReleaseDelayed();
        _log.Info("the sandbox was taken over again");
    }

    private void StartContainerActors()
    {
        foreach (var container in _state.Record.Containers.Values.Where(container => container.Status != ContainerStatus.Creating && !_containers.ContainsKey(container.Key.Id)))
        {
            StartContainerActor(container);
        }
    }

    private void EndVmAsLost(string reason) => Decide(new GiveUpVm(reason));

    private void OnVmmDied(string reason)
    {
        if (_state.Record.VmEnded)
        {
            return;
        }

        _log.Warning("the VM ended: {0}", reason);
        _agentConnected = false;
        StopChild(ResourceKind.Hypervisor);
        StopChild(ResourceKind.Agent);
        RecordExits(_state.Record.Containers.Keys, 137, reason, () => Record(new VmStopped { Reason = reason }, () => AfterVmDeath(reason)));
    }

    private void AfterVmDeath(string reason)
    {
        EndReconciliation();
        StartContainerActors();
        foreach (var container in _containers.Values)
        {
            container.Tell(new ContainerProtocol.VmEnded());
        }

        ReleaseDelayed();
        Decide(new UndoInterrupted());

        if (!IsBeingRemoved)
        {
            LeavePoolGroup();
            Child(ResourceKind.Cgroup).Tell(new CgroupProtocol.Destroy());
        }
    }

    // What the outside answers, or says, that is no step of a creation or an update.
    private bool OnOutsideEvent(object message)
    {
        switch (message)
        {
            case PoolGroupActor.Gone gone:
                OnPoolGroupGone(gone);
                return true;
            case HypervisorProtocol.Stopped or CgroupProtocol.Destroyed or CgroupFailure { Command: CgroupProtocol.Destroy }
                or StorageProtocol.Detached or StorageProtocol.StorageFailed or Failure or AgentProtocol.Invoked or AgentProtocol.InvokeFailed:
                // Stale replies, and those of compensations.
                return true;
            default:
                return false;
        }
    }

    private sealed record ReconcileOverdue;
}
