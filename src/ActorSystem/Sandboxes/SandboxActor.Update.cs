using Akka.Actor;
using Akka.Event;
using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Oci;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Persistence;
using static KataActors.Runtime.Sandboxes.SandboxCommands;

namespace KataActors.Runtime.Sandboxes;

// Changing the limits of a container: first in the guest, then of the VM. What fails on the way is undone, and what a crash interrupts too.
internal sealed partial class SandboxActor
{
    private readonly Dictionary<string, ContainerUpdate> _updates = [];
    private readonly HashSet<string> _guestsToRestore = [];

    private void Update(UpdateContainer command)
    {
        var id = command.Key.Id;
        if (_agentConnected && (IsBeingRestored(id) || (_quotas.IsAsked(id) && !_updates.ContainsKey(id))))
        {
            // Two calls that are on their way at once might be carried out in any order.
            Delay(command);
            return;
        }

        if (RefuseUpdate(id) is { } refusal)
        {
            Sender.Tell(refusal);
            return;
        }

        if (!ResourcesUpdate.TryApply(_state.Record.Containers[id].Spec.Linux?.Resources, command.Change, out var resources, out var error))
        {
            var code = error.Kind == SpecErrorKind.Unsupported ? FailureCode.Unimplemented : FailureCode.InvalidArgument;
            Sender.Tell(new Failure(code, $"cannot update container \"{id}\": {error.Message}"));
            return;
        }

        var update = _updates[id] = new ContainerUpdate(id, Sender);
        foreach (var item in PassedOver.List(command.Change))
        {
            _log.Warning("update of container {0}: {1}", id, item);
            update.Warnings.Add(item);
        }

        Record(
            new ContainerUpdateBegun { Id = id, Resources = ByteString.CopyFrom(ResourcesUpdate.Write(resources)) },
            () =>
            {
                var call = new UpdateCall(update, GuestQuotas.Of(resources));
                _quotas.Ask(id, call);
                InvokeAgent(call, GuestSpec.UpdateRequest(resources, GuestPaths.IdOf(command.Key)), Deadlines.AgentCall);
            });
    }

    // An update that a crash has interrupted is taken back first; that takes one call.
    private bool IsBeingRestored(string id) => _state.Record.Containers.GetValueOrDefault(id)?.Update is not null && !_updates.ContainsKey(id) && !_state.Record.VmEnded;

    private Failure? RefuseUpdate(string id)
    {
        if (!_state.Record.Containers.TryGetValue(id, out var container))
        {
            return _creations.ContainsKey(id) ? NotNow("it is being created") : Failure.NoSuchContainer(id);
        }

        return container switch
        {
            { Status: ContainerStatus.Creating } => NotNow("it is being created"),
            { Status: ContainerStatus.Stopped } => NotNow("it is stopped"),
            _ when container.Deleting || IsBeingRemoved => NotNow("it is being deleted"),
            { Update: not null } => NotNow("another update is under way"),
            _ when !IsJournaled => new Failure(FailureCode.Unavailable, $"cannot update container \"{id}\": the journal cannot be written"),
            _ when !_agentConnected => new Failure(FailureCode.Unavailable, $"cannot update container \"{id}\": the agent does not answer"),
            _ => null,
        };

        Failure NotNow(string why) => new(FailureCode.FailedPrecondition, $"cannot update container \"{id}\": {why}");
    }

    private bool OnUpdateStep(object message)
    {
        switch (message)
        {
            case AgentProtocol.Invoked { Token: UpdateCall call } when _quotas.Answer(call.Update.Id, call, failed: false, call.Limit):
                _guestsToRestore.Remove(call.Update.Id);
                ApplyLimits(result => OnLimited(call.Update, result));
                ContinueAfterQuota();
                return true;
            case AgentProtocol.InvokeFailed { Token: UpdateCall call } failed when _quotas.Answer(call.Update.Id, call, failed: true, null):
                UndoUpdate(call.Update, failed.Failure);
                ContinueAfterQuota();
                return true;
            case AgentProtocol.Invoked { Token: UpdateCall } or AgentProtocol.InvokeFailed { Token: UpdateCall }:
                // Its container is gone, or it was answered when the agent was lost.
                ContinueAfterQuota();
                return true;
            case AgentProtocol.Invoked { Token: RestoreCall call }:
                OnRestored(call, null);
                return true;
            case AgentProtocol.InvokeFailed { Token: RestoreCall call } failed:
                OnRestored(call, failed.Failure);
                return true;
            default:
                return false;
        }
    }

    private void OnLimited(ContainerUpdate update, LimitsResult result)
    {
        if (!IsUnderWay(update))
        {
            return;
        }

        if (result.Failure is { } failure)
        {
            UndoUpdate(update, failure);
            return;
        }

        update.Warnings.AddRange(result.Warnings);
        Record(new ContainerUpdated { Id = update.Id }, () =>
        {
            _log.Info("the limits of container {0} were changed", update.Id);
            EndUpdate(update.Id, new Updated([.. update.Warnings]));
        });
    }

    private void UndoUpdate(ContainerUpdate update, Failure failure)
    {
        if (IsUnderWay(update))
        {
            update.Failure = failure with { Message = $"cannot update container \"{update.Id}\": {failure.Message}" };
            RestoreInGuest(update.Id);
        }
    }

    private bool IsUnderWay(ContainerUpdate update) => ReferenceEquals(_updates.GetValueOrDefault(update.Id), update) && _state.Record.Containers.ContainsKey(update.Id);

    // Of interrupted updates, and of those that the guest could not be asked to undo before. Done whenever the agent has come back. One that is under way sets
    // all limits itself.
    private void RestoreInGuest()
    {
        foreach (var id in _state.Record.Containers.Keys
            .Where(id => (IsBeingRestored(id) || _guestsToRestore.Contains(id)) && _updates.GetValueOrDefault(id) is not { Failure: null }).ToArray())
        {
            RestoreInGuest(id);
        }
    }

    private void RestoreInGuest(string id)
    {
        var container = _state.Record.Containers[id];
        var resources = container.Update is { } update ? update.Before : container.Spec.Linux?.Resources;
        var call = new RestoreCall(id, GuestQuotas.Of(resources));
        _quotas.Ask(id, call);
        InvokeAgent(call, GuestSpec.UpdateRequest(resources, GuestPaths.IdOf(container.Key)), Deadlines.AgentCall);
    }

    private void OnRestored(RestoreCall call, Failure? failure)
    {
        var id = call.Id;
        if (!_quotas.Answer(id, call, failure is not null, call.Limit))
        {
            return;
        }

        _guestsToRestore.Remove(id);
        if (failure is { Code: FailureCode.Unavailable or FailureCode.DeadlineExceeded or FailureCode.Cancelled })
        {
            _log.Warning("the limits of container {0} in the guest are restored when the agent answers again: {1}", id, failure.Message);
            _guestsToRestore.Add(id);
        }

        var told = _updates.GetValueOrDefault(id)?.Failure;
        if (_state.Record.Containers.GetValueOrDefault(id)?.Update is null)
        {
            ApplyLimits();
            ReleaseDelayed();
            ContinueAfterQuota();
            return;
        }

        Record(new ContainerUpdateFailed { Id = id, Reason = told?.Message ?? "it was interrupted" }, () =>
        {
            _log.Warning("the limits of container {0} are what they were: {1}", id, told?.Message ?? "a change was interrupted");
            ReleaseDelayed();
            ApplyLimits(_ =>
            {
                if (told is not null)
                {
                    EndUpdate(id, told);
                }
            });
            ContinueAfterQuota();
        });
    }

    private void EndUpdate(string id, object reply)
    {
        if (_updates.Remove(id, out var update))
        {
            update.Requester.Tell(reply);
        }
    }

    private void AbandonUpdates(string reason)
    {
        foreach (var id in _updates.Keys.ToArray())
        {
            EndUpdate(id, new Failure(FailureCode.Unavailable, $"cannot update container \"{id}\": {reason}"));
        }
    }

    private sealed record UpdateCall(ContainerUpdate Update, CpuLimit? Limit);

    private sealed record RestoreCall(string Id, CpuLimit? Limit);
}
