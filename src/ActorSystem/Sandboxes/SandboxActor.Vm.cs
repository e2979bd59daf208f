using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;

namespace KataActors.Runtime.Sandboxes;

// How the sandbox gets its VM from the factory: a cold boot, a clone, or one of the pool. A clone or a pool VM counts only once its agent has
// answered; until then a failure of it is made good by a cold boot, and what the container brings is kept back.
internal sealed partial class SandboxActor
{
    // Dismissed, and not gone yet.
    private readonly HashSet<IActorRef> _departing = [];

    // Whose removal is under way, and who waits for it.
    private readonly Dictionary<Guid, List<IActorRef>> _poolGroups = [];

    private VmConfig? _vmConfig;
    private RunningVm? _pooled;
    private bool _takenOver;
    private ProcessIdentity? _placing;
    private string? _cloneFailure;
    private bool _fallingBack;
    private bool _uselessVmEnded;
    private SandboxNote? _note;
    private bool _poolGroupGone;

    private bool IsFromTemplateOrPool => _vmSource is VmSources.Template or VmSources.Pool;

    // An actor that was only asked for threads, before the factory had described the VM, knows of none and would say that it is stopped.
    private bool HoldsVmm => _children.ContainsKey(ResourceKind.Hypervisor) && _vmConfig is not null;

    private Guid VmUuid => _state.Record.Exists ? _state.Record.VmUuid : _note?.VmUuid ?? _registration.Uuid;

    // The VM of the pool that it has, or had; without the journal the note tells.
    private Guid? PoolUuid => _state.Record.PoolUuid ?? (_note is { } note && note.VmUuid != _registration.Uuid ? note.VmUuid : null);

    // One that came from the pool, or its successor, may have been on its way when it was not yet recorded.
    private ImmutableArray<Guid> VmUuids => [.. new[] { _registration.Uuid, VmUuid, _vmConfig?.Uuid ?? VmUuid }.Distinct()];

    private VmIdentity VmIdentityOf(Guid uuid) => new(_registration.HostName, uuid, _runDirectory);

    private void RequestVm(Creation creation)
    {
        creation.Steps.Begin("factory");
        Child(ResourceKind.Storage).Tell(new StorageProtocol.Prepare(new SandboxNote(_registration.Uuid, _state.Record.Cgroups) { Sandbox = NotedSandbox.Of(_registration) }));
        AskForVm();
    }

    private void AskForVm()
    {
        _services.CrashPoints.Pass();
        _services.Factory.Tell(new FactoryProtocol.RequestVm(VmIdentityOf(_registration.Uuid), _state.Record.Vcpus, _state.Record.MemoryMib, _cloneFailure));
    }

    private void OnVmGranted(FactoryProtocol.VmGranted granted)
    {
        if (MakingSandbox is not { } creation)
        {
            // The creation has ended while the factory was thinking.
            TellBootEnded();
            if (granted.Running is not null)
            {
                _services.Factory.Tell(new FactoryProtocol.EndVm(granted.Config.Uuid));
            }

            return;
        }

        creation.Steps.End("factory");
        StartCreationTimer(creation, TimeSpan.Zero);
        _vmConfig = granted.Config;
        _vmSource = granted.Source;
        _pooled = granted.Running;
        Launch();
    }

    // Until its run directory is the sandbox's own, a VM of the pool is the factory's to end. When this actor stops, the factory sees it.
    private void GiveBackVm()
    {
        if (_pooled is not null && _vmConfig is { } config && !_takenOver)
        {
            _services.Factory.Tell(new FactoryProtocol.EndVm(config.Uuid));

            // Its group goes with it, there.
            _poolGroupGone = true;
        }
    }

    // The time that a boot may take counts from its start, not from the queueing.
    private void StartCreationTimer(Creation creation, TimeSpan queue)
    {
        var deadline = queue + Deadlines.Boot + Deadlines.AgentCall;
        Timers.StartSingleTimer(TimerKey(creation), new CreationOverdue(creation.Id, deadline), deadline);
    }

    private void Launch()
    {
        if (MakingSandbox is { } creation && _prepared && _vmConfig is { } config && !_launching)
        {
            _launching = true;
            creation.Steps.Begin("launch");
            if (_pooled is { } pooled)
            {
                TakePooled(config, pooled);
                return;
            }

            Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.Launch(config, creation.NetworkNamespace));
        }
    }

    private void TakePooled(VmConfig config, RunningVm pooled) => Record(
        new VmAssigned { Uuid = config.Uuid.ToString() },
        () => Child(ResourceKind.Storage).Tell(new StorageProtocol.TakeOver(pooled.Directory, new SandboxNote(config.Uuid, _state.Record.Cgroups) { Sandbox = NotedSandbox.Of(_registration) })));

    private void OnTakenOver()
    {
        _takenOver = true;
        if (_pooled is not { } pooled || _vmConfig is not { } config)
        {
            return;
        }

        _services.Factory.Tell(new FactoryProtocol.VmTaken(config.Uuid));
        if (MakingSandbox is not null)
        {
            // With the pool's weight, which is next to none, its monitor would not answer in time on a busy host.
            _placing = pooled.Process;
            Child(ResourceKind.Cgroup).Tell(new CgroupProtocol.Apply(pooled.Process, [], null) { Resources = HostLimits.Of(_state.Record, _services.Settings.Cgroups) });
        }
    }

    private void OnLaunched(HypervisorProtocol.Launched launched)
    {
        var fact = new VmLaunched
        {
            Vmm = new ProcessRecord { Pid = launched.Vmm.Pid, StartTime = launched.Vmm.StartTime },
            Source = _vmSource,
            Accelerator = _vmConfig!.Accelerator.ToString().ToLowerInvariant(),
            Uuid = _vmConfig.Uuid == _registration.Uuid ? "" : _vmConfig.Uuid.ToString(),
        };
        // Nothing waits for this fact: the uuid on its command line is enough to find a QEMU whose launch was not recorded.
        PersistAsync(fact, _ => { });
        _state = _state with { Record = _state.Record.Apply(fact) };
        _guestVcpus = _vmConfig.VcpuCount;
        if (MakingSandbox is not { } creation)
        {
            return;
        }

        creation.Steps.End("launch");
        Report();
        if (!IsFromTemplateOrPool)
        {
            Attach(creation);
        }

        creation.Steps.Begin("boot");
        Child(ResourceKind.Agent).Tell(new AgentProtocol.Connect(_vmConfig.AgentSocket, IsFromTemplateOrPool ? Deadlines.CloneBoot : Deadlines.Boot, Boots: true));
        Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.QueryVcpus());
    }

    private void OnAdopted(HypervisorProtocol.Adopted adopted)
    {
        if (MakingSandbox is not null && _pooled is not null)
        {
            Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.Resume());
            OnLaunched(new HypervisorProtocol.Launched(adopted.Vmm));
        }
        else if (MakingSandbox is null && !_agentConnected && !_state.Record.VmEnded && !IsBeingRemoved && _vmConfig is { } config)
        {
            // Adopted when the time to reconcile was over.
            Child(ResourceKind.Agent).Tell(new AgentProtocol.Connect(config.AgentSocket, Deadlines.AgentCall, Boots: false));
            Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.QueryVcpus());
        }
    }

    private void OnPlaced(ProcessIdentity vmm)
    {
        _placing = null;
        if (MakingSandbox is not null)
        {
            Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.Adopt(_vmConfig!, vmm));
        }
    }

    private void Attach(Creation creation)
    {
        creation.Steps.Begin("attach");
        Child(ResourceKind.Storage).Tell(new StorageProtocol.Attach(
            creation.Id,
            creation.GuestId,
            _state.Record.Vmm!.Value,
            creation.HandOverDescriptors(),
            creation.Spec.Root!.Readonly,
            MountPlan.MountPoints(creation.Spec),
            MountPlan.Binds(creation.Spec)));
        Advance(creation);
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

    private void OnBooted()
    {
        if (MakingSandbox is not { } creation)
        {
            return;
        }

        creation.Steps.End("boot");
        TellBootEnded();
        if (IsFromTemplateOrPool)
        {
            Attach(creation);
        }
    }

    private void TellBootEnded() => _services.Factory.Tell(new FactoryProtocol.BootEnded(_registration.Uuid));

    // True when a cold boot makes it good.
    private bool TryFallBack(string reason)
    {
        if (MakingSandbox is not { } creation || !IsFromTemplateOrPool || !_launching || _agentConnected)
        {
            return false;
        }

        if (!_fallingBack)
        {
            _fallingBack = true;
            _cloneFailure = $"{_vmSource}: {reason}";
            _log.Warning("the VM from the {0} is of no use, a cold boot follows: {1}", _vmSource, reason);
            Dismiss(ResourceKind.Agent);
            EndVmm();
        }

        return true;
    }

    /// <summary>Whether a message is about the VM that is of no use, and no news any more.</summary>
    private bool IsOfUselessVm(object message) => _fallingBack && message is
        AgentProtocol.Connected or AgentProtocol.ConnectFailed or AgentProtocol.Unreachable
        or HypervisorProtocol.Launched or HypervisorProtocol.Adopted or HypervisorProtocol.VcpuThreads
        or HypervisorProtocol.VmmDied or HypervisorProtocol.RestoreFailed
        or HypervisorFailure { Command: not HypervisorProtocol.Stop };

    // Until it is gone, it may say something that would be taken for its successor's words.
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

    private bool HasDeparted(IActorRef child)
    {
        if (!_departing.Remove(child))
        {
            return false;
        }

        BootColdWhenAlone();
        return true;
    }

    private void EndVmm()
    {
        if (HoldsVmm)
        {
            Child(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.Stop());
        }
        else
        {
            EndLeakedVmmsAsync().PipeTo(
                Self, success: () => new HypervisorProtocol.Stopped(), failure: e => new StopFailed(new Failure(FailureCode.Internal, e.Message)));
        }
    }

    private async Task EndLeakedVmmsAsync()
    {
        foreach (var uuid in VmUuids)
        {
            await VmmFinder.EndAsync(uuid, _services.Settings.Vm.QemuPath).ConfigureAwait(false);
        }
    }

    private void OnUselessVmEnded()
    {
        _uselessVmEnded = true;
        GiveBackVm();
        Dismiss(ResourceKind.Hypervisor);
        BootColdWhenAlone();
    }

    private void BootColdWhenAlone()
    {
        if (!_uselessVmEnded || _departing.Count > 0)
        {
            return;
        }

        (_fallingBack, _uselessVmEnded) = (false, false);
        (_launching, _vmConfig, _pooled, _takenOver, _placing, _vmSource, _vcpuTids) = (false, null, null, false, null, "", []);
        if (MakingSandbox is { } creation)
        {
            creation.Steps.Begin("factory");
            StartCreationTimer(creation, Deadlines.Queue);
            AskForVm();
        }
    }
}
