using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Storage;
using static KataActors.Runtime.Sandboxes.SandboxCommands;

namespace KataActors.Runtime.Sandboxes;

// What the outside answers while a removal is under way.
internal sealed partial class SandboxActor
{
    private bool OnRemovalStep(object message)
    {
        switch (message)
        {
            case RemovalOverdue overdue when FindRemoval(overdue.Id, overdue.Whole) is { } removal && removal.Stage == overdue.Stage:
                _log.Warning("removing {0}: {1} did not end in time; going on", removal.Id, removal.Stage);
                Next(removal);
                return true;
            case AgentProtocol.Invoked { Token: RemovalCall call }:
                OnFarewell(call, null);
                return true;
            case AgentProtocol.InvokeFailed { Token: RemovalCall call } failed:
                OnFarewell(call, failed.Failure);
                return true;
            case ContainerProtocol.StandInKilled { Token: RemovalCall call } killed:
                OnStep(
                    FindRemoval(call.Id, call.Whole),
                    RemovalStage.Farewell,
                    killed.Problem is { } problem ? new Failure(FailureCode.Internal, $"the stand-in of container \"{killed.Id}\" is left: {problem}") : null);
                return true;
            case StorageProtocol.Detached detached:
                OnStep(FindRemoval(detached.Id, whole: false), RemovalStage.Stopping, null);
                return true;
            case StorageProtocol.StorageFailed { Id.Length: > 0 } failed:
                OnStep(FindRemoval(failed.Id, whole: false), RemovalStage.Stopping, failed.Failure);
                return true;
            case HypervisorProtocol.Stopped when _lostReason is { } lost:
                _lostReason = null;
                OnVmmDied(lost);
                return true;
            case HypervisorProtocol.Stopped:
                OnVmStopped();
                return true;
            case StopFailed failed:
                OnStopFailed(failed.Failure);
                return true;
            case CgroupProtocol.Destroyed or CgroupFailure { Command: CgroupProtocol.Destroy, Kind: CgroupFailureKind.Unimplemented }:
                OnStep(_removal, RemovalStage.Cleaning, null);
                return true;
            case CgroupFailure { Command: CgroupProtocol.Destroy } failed:
                OnStep(_removal, RemovalStage.Cleaning, new Failure(FailureCode.Internal, failed.Message));
                return true;
            case PoolGroupActor.Gone gone:
                OnPoolGroupGone(gone);
                return true;
            case CgroupProtocol.Status status:
                InspectGuest(status);
                return true;
            case CgroupsSilent or CgroupFailure { Command: CgroupProtocol.GetStatus } when _inspections.Count > 0:
                InspectGuest(null);
                return true;
            case CgroupsSilent or CgroupFailure { Command: CgroupProtocol.GetStatus }:
                return true;
            case CgroupFailure { Command: CgroupProtocol.Apply } failed:
                OnCgroupFailed(failed);
                return true;
            case StorageProtocol.Released:
                OnStep(_removal, RemovalStage.Releasing, null);
                return true;
            case StorageProtocol.StorageFailed failed when TryFallBack(failed.Failure.Message):
                return true;
            case StorageProtocol.StorageFailed failed:
                FailMaking(failed.Failure);
                OnStep(_removal, RemovalStage.Releasing, failed.Failure);
                return true;
            case AgentProtocol.Invoked { Token: InspectionCall } answer:
                AnswerInspections(answer.Response as GuestDetailsResponse);
                return true;
            case AgentProtocol.InvokeFailed { Token: InspectionCall }:
                AnswerInspections(null);
                return true;
            case TearDownAgain when _removal is null:
                TearDown("", ActorRefs.Nobody, new Deleted());
                return true;
            case Signalled or Failure or TearDownAgain or RemovalOverdue or AgentProtocol.Invoked or AgentProtocol.InvokeFailed:
                return true;
            default:
                return false;
        }
    }

    private Removal? FindRemoval(string id, bool whole) => whole ? _removal : _removals.GetValueOrDefault(id);

    private void OnFarewell(RemovalCall call, Failure? failure)
    {
        // The VM's end makes good for what the agent of a whole sandbox could not do.
        var isMadeGood = call.Whole || failure is { Code: FailureCode.NotFound } || _record.VmEnded;
        OnStep(FindRemoval(call.Id, call.Whole), RemovalStage.Farewell, isMadeGood ? null : failure);
    }

    private void OnStep(Removal? removal, RemovalStage stage, Failure? failure)
    {
        if (removal is null || removal.Stage != stage)
        {
            return;
        }

        if (failure is not null)
        {
            removal.Errors.Add(failure.Message);
        }

        removal.Pending--;
        NextWhenDone(removal);
    }

    private void NextWhenDone(Removal removal)
    {
        if (removal.Pending <= 0 && (removal.Stage != RemovalStage.Cleaning || _poolGroups.Count == 0))
        {
            Next(removal);
        }
    }

    private void OnContainerEnded()
    {
        AdvanceRemovals(RemovalStage.Killing, removal => !HasLive(removal));
        if (_record.Containers.Values.Any(IsLive))
        {
            ApplyLimits();
        }
        else
        {
            ApplyLimitsAfterLastEnd();
        }
    }

    private void OnStandInGone(string id) => AdvanceRemovals(RemovalStage.Draining, removal => !HasStandIns(removal));

    private void AdvanceRemovals(RemovalStage stage, Func<Removal, bool> isDone)
    {
        foreach (var removal in _removals.Values.Append(_removal).OfType<Removal>().Where(removal => removal.Stage == stage && isDone(removal)).ToArray())
        {
            Next(removal);
        }
    }

    private void OnVmStopped()
    {
        if (_removal is not { Stage: RemovalStage.Stopping } removal)
        {
            return;
        }

        RecordAll(_record.VmEnded ? [] : [new VmStopped()], () => OnStep(removal, RemovalStage.Stopping, null));
    }

    private void OnStopFailed(Failure failure)
    {
        _log.Error("QEMU could not be stopped: {0}", failure.Message);
        FailMaking(failure);
        OnStep(_removal, RemovalStage.Stopping, failure);
    }

    private void OnRemovalChildLost(ChildKind kind)
    {
        if (_removal is { } removal && (removal.Stage is RemovalStage.Stopping or RemovalStage.Cleaning || (removal.Stage is RemovalStage.Releasing && kind is ChildKind.Storage)))
        {
            _log.Warning("the {0} actor failed during a removal; the stage is repeated", kind);
            Enter(removal, removal.Stage);
        }
    }
}
