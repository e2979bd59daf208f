using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Storage;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// Removing containers, the last of which takes the VM along.
internal sealed partial class SandboxActor
{
    private const uint RemoveTimeoutSeconds = 5;
    private static readonly TimeSpan KillDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Removal> _removals = [];
    private readonly HashSet<string> _standInsGone = [];
    private Removal? _removal;

    private void Delete(DeleteContainer delete)
    {
        var id = delete.Key.Id;
        if (_creations.TryGetValue(id, out var creation))
        {
            DeleteUnfinished(creation, delete);
            return;
        }

        if (!_record.Containers.TryGetValue(id, out var container))
        {
            // The sandbox's own container may be gone from the record already, while a removal that failed is still to be repeated.
            if (id == _record.Key.Id && _record.Exists)
            {
                TearDown("", Sender, new Deleted());
                return;
            }

            Sender.Tell(delete.Force ? new Deleted() : Failure.NoSuchContainer(id));
            return;
        }

        if (RefuseDelete(container, delete.Force) is { } refusal)
        {
            Sender.Tell(refusal);
        }
        else if (id == _record.Key.Id)
        {
            TearDown("", Sender, new Deleted());
        }
        else
        {
            RemoveContainer(container, Sender);
        }
    }

    private void DeleteUnfinished(Creation creation, DeleteContainer delete)
    {
        if (!delete.Force)
        {
            Sender.Tell(new Failure(FailureCode.FailedPrecondition, $"cannot delete container \"{creation.Id}\" that is not stopped: creating"));
            return;
        }

        Fail(creation, new Failure(FailureCode.Cancelled, "it was deleted meanwhile"));
        if (creation.MakesSandbox)
        {
            TearDown("", Sender, new Deleted());
        }
        else
        {
            Sender.Tell(new Deleted());
        }
    }

    private Failure? RefuseDelete(ContainerRecord container, bool force)
    {
        var id = container.Key.Id;
        if (force)
        {
            return null;
        }

        if (container.Status is ContainerStatus.Running or ContainerStatus.Paused)
        {
            return new Failure(
                FailureCode.FailedPrecondition,
                $"cannot delete container \"{id}\" that is not stopped: {container.Status.ToString().ToLowerInvariant()}");
        }

        var others = _record.Containers.Keys.Where(other => other != id).Order(StringComparer.Ordinal).ToArray();
        return id == _record.Key.Id && others.Length > 0
            ? new Failure(FailureCode.FailedPrecondition, $"cannot delete sandbox \"{id}\": it still has containers: {string.Join(", ", others)}")
            : null;
    }

    private void TearDown(string reason, IActorRef asker, object reply)
    {
        if (_removal is { } running)
        {
            running.Askers.Add((asker, reply));
            return;
        }

        var removal = _removal = new Removal(_registration.Key.Id, whole: true);
        removal.Askers.Add((asker, reply));
        AbortLimits(new Failure(FailureCode.Unavailable, "its sandbox is being removed"));
        RecordAll(_record.Deleting ? [] : [new SandboxDeleteBegun { Reason = reason }], () => Enter(removal, RemovalStage.Killing));
    }

    private void RemoveContainer(ContainerRecord container, IActorRef asker)
    {
        var id = container.Key.Id;
        if (_removals.TryGetValue(id, out var running))
        {
            running.Askers.Add((asker, new Deleted()));
            return;
        }

        var removal = _removals[id] = new Removal(id, whole: false);
        removal.Askers.Add((asker, new Deleted()));
        RecordAll(container.Deleting ? [] : [new ContainerDeleteBegun { Id = id }], () => Enter(removal, RemovalStage.Killing));
    }

    private void Enter(Removal removal, RemovalStage stage)
    {
        removal.Stage = stage;
        removal.Pending = 0;
        Timers.Cancel(TimerKey(removal));
        switch (stage)
        {
            case RemovalStage.Killing:
                KillWhatRuns(removal);
                break;
            case RemovalStage.Draining:
                AwaitStandIns(removal);
                break;
            case RemovalStage.Farewell:
                SayFarewell(removal);
                break;
            case RemovalStage.Stopping:
                Stop(removal);
                break;
            case RemovalStage.Cleaning:
                Clean(removal);
                break;
            case RemovalStage.Releasing:
                ReleaseDirectory(removal);
                break;
            default:
                Finish(removal);
                break;
        }
    }

    private void Next(Removal removal) => Enter(removal, removal.Stage + 1);

    private IEnumerable<ContainerRecord> Concerned(Removal removal) =>
        _record.Containers.Values.Where(container => removal.Whole || container.Key.Id == removal.Id);

    private void KillWhatRuns(Removal removal)
    {
        if (HasLive(removal))
        {
            StartTimer(removal, KillDeadline);
            foreach (var container in Concerned(removal).Where(IsLive))
            {
                _containers[container.Key.Id].Tell(new KillContainer(container.Key, 9, All: true));
            }

            return;
        }

        Next(removal);
    }

    private bool HasLive(Removal removal) => !_record.VmEnded && Concerned(removal).Any(IsLive);

    private bool IsLive(ContainerRecord container) =>
        container.Status is ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused && _containers.ContainsKey(container.Key.Id);

    private void AwaitStandIns(Removal removal)
    {
        if (HasStandIns(removal))
        {
            StartTimer(removal, DrainDeadline);
        }
        else
        {
            Next(removal);
        }
    }

    private bool HasStandIns(Removal removal) => Concerned(removal)
        .Any(container => _containers.ContainsKey(container.Key.Id) && !_standInsGone.Contains(container.Key.Id));

    private void SayFarewell(Removal removal)
    {
        var token = new RemovalCall(removal.Id, removal.Whole);
        foreach (var container in Concerned(removal).Where(container => _containers.ContainsKey(container.Key.Id)))
        {
            removal.Pending++;
            _containers[container.Key.Id].Tell(new ContainerProtocol.EndStandIn(token));
        }

        if (_agentConnected && !_record.VmEnded)
        {
            removal.Pending++;
            if (removal.Whole)
            {
                InvokeAgent(token, new DestroySandboxRequest(), Deadlines.AgentFarewell);
            }
            else
            {
                var request = new RemoveContainerRequest { ContainerId = GuestPaths.IdOf(new ContainerKey(_record.Key.Root, removal.Id)), Timeout = RemoveTimeoutSeconds };
                InvokeAgent(token, request, Deadlines.AgentCall);
            }
        }

        StartTimer(removal, Deadlines.AgentCall);
        NextWhenDone(removal);
    }

    private void Stop(Removal removal)
    {
        if (!removal.Whole)
        {
            if (_record.VmEnded)
            {
                Next(removal);
                return;
            }

            removal.Pending = 1;
            DetachFromShare(removal.Id, GuestPaths.IdOf(new ContainerKey(_record.Key.Root, removal.Id)), _record.Containers[removal.Id].Spec);
            return;
        }

        removal.Pending = 1;
        GiveBackVm();
        StopChild(ChildKind.Agent);
        _agentConnected = false;
        if (HoldsVmm && !_record.VmEnded)
        {
            Child(ChildKind.Hypervisor).Tell(new HypervisorProtocol.Stop());
        }
        else
        {
            // Nobody holds a QEMU of this sandbox; one whose launch was interrupted is found by its uuid.
            EndLeakedVmmsAsync().PipeTo(
                Self, success: () => new HypervisorProtocol.Stopped(), failure: e => new StopFailed(new Failure(FailureCode.Internal, e.Message)));
        }
    }

    // One that came from the pool, or its successor, may have been on its way when it was not yet recorded.
    private async Task EndLeakedVmmsAsync()
    {
        foreach (var uuid in new[] { _registration.Uuid, VmUuid, _vmConfig?.Uuid ?? VmUuid }.Distinct().ToArray())
        {
            await VmmFinder.EndAsync(uuid, _services.Settings.Vm.QemuPath).ConfigureAwait(false);
        }
    }

    private void DetachFromShare(string id, string guestId, RuntimeSpec spec)
    {
        if (_record.Vmm is { } vmm)
        {
            Child(ChildKind.Storage).Tell(new StorageProtocol.Detach(id, guestId, vmm, MountPlan.Binds(spec)));
        }
    }

    // A QEMU that could not be ended keeps its groups: without them it would run on with no limit.
    private void Clean(Removal removal)
    {
        if (!removal.Whole || removal.Errors.Count > 0)
        {
            Next(removal);
            return;
        }

        removal.Pending = 1;
        LeavePoolGroup();
        Child(ChildKind.Cgroup).Tell(new CgroupProtocol.Destroy { UnmarkedToo = _life == SandboxLife.Unread && _note is null });
    }

    private void ReleaseDirectory(Removal removal)
    {
        if (!removal.Whole || removal.Errors.Count > 0)
        {
            Next(removal);
            return;
        }

        removal.Pending = 1;
        Child(ChildKind.Storage).Tell(new StorageProtocol.Release());
    }

    private void Finish(Removal removal)
    {
        if (removal.Errors.Count > 0)
        {
            Abandon(removal);
            return;
        }

        if (!removal.Whole)
        {
            Record(new ContainerDeleted { Id = removal.Id }, () =>
            {
                _removals.Remove(removal.Id);
                Forget(removal.Id);
                ApplyLimits();
                Answer(removal);
            });
            return;
        }

        var ids = _record.Containers.Keys.ToImmutableArray();
        RecordExits(ids, 137, _record.Reason, () => Record(new SandboxDeleted(), () =>
        {
            foreach (var id in ids)
            {
                Forget(id);
            }

            Context.Parent.Tell(new SandboxGone(_registration.Uuid));
            Answer(removal);
            Become(Leaving);
            DeleteMessages(long.MaxValue);
        }));
    }

    // Only the journal's rows are left; should they stay, they say that nothing else does.
    private void Leaving(object message)
    {
        if (message is DeleteMessagesSuccess or DeleteMessagesFailure)
        {
            Context.Stop(Self);
        }
        else if (message is DeleteContainer { Force: true })
        {
            Sender.Tell(new Deleted());
        }
        else if (message is IContainerMessage routed)
        {
            Sender.Tell(Failure.NoSuchContainer(routed.Key.Id));
        }
    }

    private void Forget(string id)
    {
        Context.Parent.Tell(new ContainerGone(new ContainerKey(_record.Key.Root, id)));
        AnswerWaiters(id, new SandboxQueries.ContainerExit(137, "the container was deleted"));
        StopContainerActor(id);
        EndUpdate(id, new Failure(FailureCode.Unavailable, $"cannot update container \"{id}\": it was deleted meanwhile"));
        _standInsGone.Remove(id);
        _quotas.Forget(id);
        _guestsToRestore.Remove(id);
    }

    private static void Answer(Removal removal)
    {
        foreach (var (asker, reply) in removal.Askers)
        {
            asker.Tell(reply);
        }
    }

    private void Abandon(Removal removal)
    {
        var errors = string.Join("; ", removal.Errors);
        _log.Error("container {0} could not be removed completely: {1}", removal.Id, errors);
        foreach (var (asker, reply) in removal.Askers)
        {
            asker.Tell(reply is Deleted ? new Failure(FailureCode.Internal, $"cannot delete container \"{removal.Id}\": {errors}") : reply);
        }

        _removals.Remove(removal.Id);
        if (removal.Whole)
        {
            _removal = null;
            Timers.StartSingleTimer(nameof(TearDownAgain), new TearDownAgain(), RetryPause);
        }
    }

    private void StartTimer(Removal removal, TimeSpan deadline) =>
        Timers.StartSingleTimer(TimerKey(removal), new RemovalOverdue(removal.Id, removal.Whole, removal.Stage), deadline);

    private static string TimerKey(Removal removal) => $"removal-{removal.Id}-{removal.Whole}";

    private sealed record RemovalOverdue(string Id, bool Whole, RemovalStage Stage);

    private sealed record RemovalCall(string Id, bool Whole);

    private sealed record StopFailed(Failure Failure);

    private sealed record TearDownAgain;
}
