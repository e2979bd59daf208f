using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// Creating containers, the first of which makes the VM.
internal sealed partial class SandboxActor
{
    private Creation? MakingSandbox => _creations.Values.FirstOrDefault(creation => creation.MakesSandbox);

    private void BeginCreation(CreateContainer create)
    {
        if (_creations.ContainsKey(create.Key.Id) || _state.Record.Containers.ContainsKey(create.Key.Id))
        {
            _services.Descriptors.Release(create.Descriptors);
            Sender.Tell(new Failure(FailureCode.AlreadyExists, $"container id \"{create.Key.Id}\" is already in use"));
            return;
        }

        var descriptors = _services.Descriptors.Take(create.Descriptors);
        var refusal = descriptors is not null
            ? RefuseCreation(create)
            : new Failure(FailureCode.DeadlineExceeded, $"cannot create container \"{create.Key.Id}\": its descriptors have expired");
        var creation = new Creation(create, Sender, descriptors ?? DescriptorSet.Empty, makesSandbox: !_state.Record.Exists);
        if (refusal is not null)
        {
            EndRefused(creation, refusal);
            return;
        }

        _creations[creation.Id] = creation;
        StartCreationTimer(creation, creation.MakesSandbox ? Deadlines.Queue : TimeSpan.Zero);
        creation.Steps.Begin("journal");
        RecordAll(Intents(creation), () =>
        {
            creation.Steps.End("journal");
            if (creation.MakesSandbox)
            {
                RequestVm(creation);
            }
            else
            {
                Attach(creation);
            }
        });
    }

    private Failure? RefuseCreation(CreateContainer create)
    {
        if (!IsJournaled)
        {
            return new Failure(FailureCode.Unavailable, $"cannot create container \"{create.Key.Id}\": the journal of sandbox \"{_registration.Key.Id}\" cannot be written");
        }

        if (!_state.Record.Exists)
        {
            return RefusePlacement(create);
        }

        if (create.Spec.Linux?.Resources?.Unified.Count > 0)
        {
            return new Failure(
                FailureCode.InvalidArgument,
                $"cannot create container \"{create.Key.Id}\": linux.resources.unified is the sandbox's, and only its first container may set it");
        }

        return _state.Record switch
        {
            { VmEnded: true } => new Failure(FailureCode.FailedPrecondition, $"cannot create container \"{create.Key.Id}\": sandbox \"{_state.Record.Key.Id}\" is stopped"),
            { Deleting: true } => new Failure(FailureCode.FailedPrecondition, $"cannot create container \"{create.Key.Id}\": sandbox \"{_state.Record.Key.Id}\" is being deleted"),
            { IsBeingCreated: true } => new Failure(FailureCode.FailedPrecondition, $"cannot create container \"{create.Key.Id}\": sandbox \"{_state.Record.Key.Id}\" is still being created"),
            _ => null,
        };
    }

    private Failure? RefusePlacement(CreateContainer create)
    {
        try
        {
            _services.Settings.Cgroups.Place(create.Spec, _registration.Uuid);
            return null;
        }
        catch (FormatException failure)
        {
            return new Failure(
                FailureCode.InvalidArgument,
                $"cannot create container \"{create.Key.Id}\": linux.cgroupsPath \"{create.Spec.Linux?.CgroupsPath}\" cannot be followed: {failure.Message}");
        }
    }

    private void EndRefused(Creation creation, Failure refusal)
    {
        creation.Dispose();
        if (creation.MakesSandbox)
        {
            Context.Parent.Tell(new SandboxGone(_registration.Uuid));
        }
        else
        {
            Context.Parent.Tell(new ContainerGone(creation.Command.Key));
        }

        creation.Requester.Tell(refusal);
        if (creation.MakesSandbox)
        {
            Context.Stop(Self);
        }
    }

    private Google.Protobuf.IMessage[] Intents(Creation creation)
    {
        var now = JournalTime.ToUnixNs(DateTimeOffset.UtcNow);
        var container = new ContainerCreateBegun
        {
            Id = creation.Id,
            Spec = Google.Protobuf.ByteString.CopyFrom(creation.Command.SpecBytes.Span),
            Bundle = creation.Command.Bundle,
            StandIn = new ProcessRecord { Pid = creation.Command.StandIn.Pid, StartTime = creation.Command.StandIn.StartTime },
            OwnerUid = creation.Command.OwnerUid,
            CreatedUnixNs = now,
            RequestId = creation.Command.RequestId,
        };
        if (!creation.MakesSandbox)
        {
            return [container];
        }

        var groups = _services.Settings.Cgroups.Place(creation.Spec, _registration.Uuid);
        var sandbox = new SandboxCreateBegun
        {
            Root = _registration.Key.Root,
            Id = _registration.Key.Id,
            HostName = _registration.HostName,
            Uuid = _registration.Uuid.ToString(),
            BootId = ProcessIdentity.BootId,
            Vcpus = _services.Settings.Vm.Vcpus,
            MemoryMib = _services.Settings.Vm.MemoryMib,
            CreatedUnixNs = now,
            Cgroups = new CgroupRecord
            {
                Parent = groups.Parent,
                Overhead = groups.Overhead,
                SandboxOnly = groups.SandboxOnly,
                Name = groups.Name ?? "",
                Owner = groups.Owner.ToString(),
            },
        };
        return [sandbox, container];
    }

    private bool OnCreationStep(object message)
    {
        switch (message)
        {
            case StorageProtocol.Prepared:
                _prepared = true;
                Launch();
                return true;
            case FactoryProtocol.VmGranted granted:
                OnVmGranted(granted);
                return true;
            case FactoryProtocol.VmDescribed described:
                OnDescribed(described.Config);
                return true;
            case StorageProtocol.TakenOver:
                OnTakenOver();
                return true;
            case HypervisorProtocol.Adopted adopted:
                OnAdopted(adopted);
                return true;
            case HypervisorProtocol.Restored or HypervisorProtocol.Resumed:
                return true;
            case HypervisorProtocol.Stopped when _fallingBack && MakingSandbox is not null:
                OnUselessVmEnded();
                return true;
            case Failure failure when Sender.Equals(_services.Factory) && MakingSandbox is null:
                OnNotDescribed(failure);
                return true;
            case Failure failure when Sender.Equals(_services.Factory):
                FailMaking(failure);
                return true;
            case HypervisorProtocol.Launched launched:
                OnLaunched(launched);
                return true;
            case StorageProtocol.Attached attached when _creations.TryGetValue(attached.Id, out var creation):
                creation.Steps.End("attach");
                creation.Attached = true;
                Advance(creation);
                return true;
            case StorageProtocol.StorageFailed failed when _creations.TryGetValue(failed.Id, out var creation):
                Fail(creation, failed.Failure);
                return true;
            case AgentProtocol.Invoked { Token: CreationCall call } when _creations.TryGetValue(call.Id, out var creation):
                OnAgentAnswer(creation, call.Step);
                return true;
            case AgentProtocol.InvokeFailed { Token: CreationCall call } failed when _creations.TryGetValue(call.Id, out var creation):
                Fail(creation, failed.Failure);
                return true;
            case AgentProtocol.Invoked { Token: CreationCall } or AgentProtocol.InvokeFailed { Token: CreationCall }:
                return true;
            case CreationOverdue overdue:
                if (_creations.TryGetValue(overdue.Id, out var late))
                {
                    Fail(late, new Failure(FailureCode.DeadlineExceeded, $"it was not done within {overdue.Deadline.TotalSeconds:0.#} s"));
                }

                return true;
            default:
                return false;
        }
    }

    // Starts whatever has become possible.
    private void Advance(Creation creation)
    {
        if (_agentConnected && !creation.SandboxInGuest && !_sandboxAsked)
        {
            _sandboxAsked = true;
            creation.Steps.Begin("createSandbox");
            InvokeAgent(new CreationCall(creation.Id, CreationStep.Sandbox), SandboxRequest(creation), Deadlines.AgentCall);
        }

        if (_agentConnected && creation.SandboxInGuest && creation.Attached && !creation.GuestAsked)
        {
            creation.GuestAsked = true;
            creation.Steps.Begin("createContainer");
            InvokeAgent(new CreationCall(creation.Id, CreationStep.Container), GuestSpec.CreateRequest(creation.Spec, creation.GuestId), Deadlines.AgentCall);
        }

        // After the boot, so that no limit slows it.
        if (_agentConnected && _state.Seen.VcpuTids.Length > 0 && !creation.CgroupAsked)
        {
            creation.CgroupAsked = true;
            creation.Steps.Begin("cgroup");
            Decide(new LimitCreated(creation.Id));
        }

        if (creation is { InGuest: true, CgroupApplied: true, Recording: false })
        {
            creation.Recording = true;
            Complete(creation);
        }
    }

    private void OnCreationLimited(Effect.TellLimits limits)
    {
        if (!_creations.TryGetValue(limits.Container, out var creation))
        {
            return;
        }

        creation.Steps.End("cgroup");
        if (limits.Failure is { } failure)
        {
            Fail(creation, failure);
            return;
        }

        creation.CgroupApplied = true;
        Advance(creation);
    }

    private void AdvanceAll()
    {
        foreach (var creation in _creations.Values.ToImmutableArray())
        {
            Advance(creation);
        }
    }

    private CreateSandboxRequest SandboxRequest(Creation creation)
    {
        var request = new CreateSandboxRequest { Hostname = creation.Spec.Hostname ?? "", SandboxId = creation.GuestId, Identity = GuestIdentities.New(_registration.HostName, _registration.Uuid) };
        request.Storages.Add(GuestShare.Storage());
        return request;
    }

    private void OnAgentAnswer(Creation creation, CreationStep step)
    {
        if (step == CreationStep.Sandbox)
        {
            creation.Steps.End("createSandbox");
            creation.SandboxInGuest = true;
        }
        else
        {
            creation.Steps.End("createContainer");
            creation.InGuest = true;
            Decide(new CreatedInGuest(creation.Id));
        }

        Advance(creation);
    }

    private void Complete(Creation creation)
    {
        var fact = new ContainerCreated { Id = creation.Id };
        fact.Steps.AddRange(creation.Steps.Timings.Select(JournalTime.ToRecord));
        Record(fact, () =>
        {
            _creations.Remove(creation.Id);
            Timers.Cancel(TimerKey(creation));
            creation.Dispose();
            StartContainerActor(_state.Record.Containers[creation.Id]);
            _log.Info("container {0} was created", creation.Id);
            creation.Requester.Tell(new Created());
            Decide(new CreationEnded());
        });
    }

    private void FailMaking(Failure failure)
    {
        if (MakingSandbox is { } creation)
        {
            Fail(creation, failure);
        }
    }

    private void Fail(Creation creation, Failure failure)
    {
        _creations.Remove(creation.Id);
        Timers.Cancel(TimerKey(creation));
        creation.Dispose();
        var told = failure with { Message = $"cannot create container \"{creation.Id}\": {failure.Message}" };
        _log.Warning("container {0} was not created: {1}", creation.Id, failure.Message);
        if (creation.MakesSandbox)
        {
            TellBootEnded();
            TearDown(told.Message, creation.Requester, told);
            return;
        }

        Decide(new UndoCreation(creation.Id, told.Message, Waiting(creation.Requester, told)));
    }

    private void InvokeAgent(object? token, Google.Protobuf.IMessage request, TimeSpan timeout) =>
        Child(ResourceKind.Agent).Tell(new AgentProtocol.Invoke(token, request, timeout));

    private static string TimerKey(Creation creation) => $"creation-{creation.Id}";

    private enum CreationStep
    {
        Sandbox,
        Container,
    }

    private sealed record CreationCall(string Id, CreationStep Step);

    private sealed record CreationOverdue(string Id, TimeSpan Deadline);
}
