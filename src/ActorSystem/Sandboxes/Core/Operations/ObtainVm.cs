using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Storage;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Gets the VM of a new sandbox from the factory: a cold boot, a clone, or a pool VM. A clone or pool VM counts only after its agent's first answer;
/// before that its failure ends it, and a cold boot follows. The container's mounts are held back until then, too.
/// <code>
/// Asking ─┬─ cold, clone ─▶ Launching ───────────────────────────┬─▶ Booting ─ the agent answers ─▶ done
///    ▲    └─ pool ─▶ TakingOver ─▶ Placing ─▶ Adopting ──────────┘      │
///    └──────────────── Ending ◀───────── a clone or pool VM failed ─────┘
/// </code>
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Request">The request of the creation.</param>
internal sealed record ObtainVm(OperationId Id, RequesterId Request) : Operation(Id)
{
    private enum Stage
    {
        Asking,
        Launching,
        TakingOver,
        Placing,
        Adopting,
        Booting,
        Ending,
    }

    /// <summary>Whether a cold boot follows a failure of the VM.</summary>
    public bool CanFallBack => Lease is { Source: VmSources.Template or VmSources.Pool } && At != Stage.Asking;

    private Stage At { get; init; }

    private VmLease? Lease { get; init; }

    private string? CloneFailure { get; init; }

    private EffectId Preparation { get; init; }

    private bool IsPrepared { get; init; }

    private EffectId Current { get; init; }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        var preparation = new EffectId(Id, Serial);
        turn.Do(new Effect.StepBegan(Request, CreationSteps.Factory));
        turn.Do(new AwaitedEffect.Ask(
            preparation, ResourceKind.Storage, new StorageProtocol.Prepare(Note(turn, turn.Registration.Uuid)), Backstop));
        return (this with { Preparation = preparation, Serial = Serial + 1 }).AskFactory(turn);
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn)
    {
        switch (input)
        {
            case Changed when !IsNeeded(turn):
                return null;
            case Changed when At == Stage.Booting && turn.Outside.AgentConnected:
                return Booted(turn);
            case VmOffered offered when At == Stage.Asking && Lease is null:
                return OnOffered(turn, offered.Vm);
            case VmRefused refused when At == Stage.Asking:
                return Fail(turn, refused.Failure);
            case VmUseless useless when CanFallBack && At != Stage.Ending:
                return EndUseless(turn, useless.Reason);
            case Done { Reply: StorageProtocol.Prepared } done when done.Id == Preparation:
                return (this with { IsPrepared = true }).Launch(turn);
            case Done { Reply: StorageProtocol.StorageFailed failed } done when done.Id == Preparation:
                return Fail(turn, failed.Failure);
            case Done { Reply: ResourceLost lost } done when done.Id == Preparation || done.Id == Current:
                return OnFailure(turn, new Failure(FailureCode.Internal, $"the {lost.Actor} actor failed"));
            case Done done when done.Id == Current:
                return OnReply(turn, done.Reply);
            case Overdue { Id: var id } when id == Preparation || (id == Current && At != Stage.Booting):
                return OnFailure(turn, new Failure(FailureCode.DeadlineExceeded, $"the stage {At} did not end within {Backstop.TotalSeconds:0} s"));
            default:
                return this;
        }
    }

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        // Its creation is abandoned too.
    }

    private static bool IsNeeded(Turn turn) => turn.Operations.Any(operation => operation is CreateContainer { MakesSandbox: true });

    private static SandboxNote Note(Turn turn, Guid vm) => new(vm, turn.Record.Cgroups) { Sandbox = NotedSandbox.Of(turn.Registration) };

    private ObtainVm AskFactory(Turn turn)
    {
        var identity = new VmIdentity(turn.Registration.HostName, turn.Registration.Uuid, turn.Settings.SandboxDirectory(turn.Registration.HostName));
        turn.Do(new Effect.TellFactory(new FactoryProtocol.RequestVm(identity, turn.Record.Vcpus, turn.Record.MemoryMib, CloneFailure)));
        return this with { At = Stage.Asking, Lease = null };
    }

    private Operation? OnOffered(Turn turn, FactoryProtocol.VmGranted vm)
    {
        var lease = new VmLease(vm.Config, vm.Source, vm.Running);
        turn.Observe(seen => seen with { Vm = lease });
        turn.Do(new Effect.StepEnded(Request, CreationSteps.Factory));
        turn.Signal(new VmAwaited(TimeSpan.Zero));
        return (this with { Lease = lease }).Launch(turn);
    }

    private ObtainVm Launch(Turn turn)
    {
        if (!IsPrepared || Lease is not { } lease || At != Stage.Asking)
        {
            return this;
        }

        turn.Do(new Effect.StepBegan(Request, CreationSteps.Launch));
        if (lease.Running is not { } running)
        {
            return Await(turn, Stage.Launching, id => new AwaitedEffect.Launch(id, Request, lease.Config, turn.Deadlines.Boot + Backstop));
        }

        turn.Persist(new VmAssigned { Uuid = lease.Config.Uuid.ToString() });
        return Ask(turn, Stage.TakingOver, ResourceKind.Storage, new StorageProtocol.TakeOver(running.Directory, Note(turn, lease.Config.Uuid)));
    }

    private Operation? OnReply(Turn turn, object reply)
    {
        switch (reply)
        {
            case StorageProtocol.TakenOver:
                return TakenOver(turn);
            case CgroupProtocol.Applied:
                turn.Do(new Effect.LeavePoolGroup());
                return Adopt(turn);
            case CgroupFailure failed:
                turn.Warn($"the VM from the pool keeps the pool's weight for now: {failed.Failure.Message}");
                return Adopt(turn);
            case HypervisorProtocol.Adopted adopted:
                return Launched(turn, adopted.Vmm, Ask(turn, Stage.Booting, ResourceKind.Hypervisor, new HypervisorProtocol.Resume()));
            case HypervisorProtocol.Launched launched:
                return Launched(turn, launched.Vmm, this with { At = Stage.Booting });
            case HypervisorProtocol.Stopped or VmsEnded when At == Stage.Ending:
                return BootCold(turn);
            case StorageProtocol.StorageFailed failed:
                return OnFailure(turn, failed.Failure);
            case HypervisorFailure failed:
                return OnFailure(turn, failed.Failure);
            case Failure failure:
                return OnFailure(turn, failure);
            default:
                return this;
        }
    }

    // The pool's weight is next to none: with it the monitor would not answer in time on a busy host.
    private ObtainVm TakenOver(Turn turn)
    {
        var lease = Lease! with { IsTaken = true };
        turn.Observe(seen => seen with { Vm = lease });
        turn.Do(new Effect.TellFactory(new FactoryProtocol.VmTaken(lease.Config.Uuid)));
        var command = new CgroupProtocol.Apply(lease.Running!.Process, [], null) { Resources = HostLimits.Of(turn.Record, turn.Settings.Cgroups) };
        return (this with { Lease = lease }).Ask(turn, Stage.Placing, ResourceKind.Cgroup, command);
    }

    private ObtainVm Adopt(Turn turn) => Ask(turn, Stage.Adopting, ResourceKind.Hypervisor, new HypervisorProtocol.Adopt(Lease!.Config, Lease.Running!.Process));

    // No effect waits for this fact: a QEMU whose launch was not recorded is found by the uuid on its command line.
    private static ObtainVm Launched(Turn turn, ProcessIdentity vmm, ObtainVm next)
    {
        var (config, isCold) = (next.Lease!.Config, !next.CanFallBack);
        turn.PersistLater(new VmLaunched
        {
            Vmm = new ProcessRecord { Pid = vmm.Pid, StartTime = vmm.StartTime },
            Source = next.Lease.Source,
            Accelerator = config.Accelerator.ToString().ToLowerInvariant(),
            Uuid = config.Uuid == turn.Registration.Uuid ? "" : config.Uuid.ToString(),
        });
        turn.Observe(seen => seen with { GuestVcpus = (int)config.VcpuCount, VmTakesMounts = isCold });
        turn.Do(new Effect.StepEnded(next.Request, CreationSteps.Launch));
        turn.Do(new Effect.StepBegan(next.Request, CreationSteps.Boot));
        turn.Do(new Effect.ReachGuest(config.AgentSocket, isCold ? turn.Deadlines.Boot : turn.Deadlines.CloneBoot, Boots: true));
        turn.Signal(new Changed());
        return next;
    }

    private Operation? Booted(Turn turn)
    {
        turn.Do(new Effect.StepEnded(Request, CreationSteps.Boot));
        turn.Do(new Effect.EndBoot());
        turn.Observe(seen => seen with { VmTakesMounts = true });
        turn.Signal(new Changed());
        return null;
    }

    private Operation? OnFailure(Turn turn, Failure failure)
    {
        if (At == Stage.Ending)
        {
            turn.Complain($"QEMU could not be stopped: {failure.Message}");
        }

        return CanFallBack && At != Stage.Ending ? EndUseless(turn, failure.Message) : Fail(turn, failure);
    }

    private ObtainVm EndUseless(Turn turn, string reason)
    {
        var source = Lease!.Source;
        turn.Warn($"the VM from the {source} has failed, a cold boot follows: {reason}");
        turn.Do(new Effect.Dismiss(ResourceKind.Agent));
        var next = this with { CloneFailure = $"{source}: {reason}" };
        if (turn.Outside.HoldsVm && (At is Stage.Launching or Stage.Booting))
        {
            return next.Ask(turn, Stage.Ending, ResourceKind.Hypervisor, new HypervisorProtocol.Stop());
        }

        // Before it has adopted the VM, the hypervisor's actor knows of none, and would say that it is stopped, here or to the removal that follows.
        turn.Do(new Effect.Dismiss(ResourceKind.Hypervisor));
        return next.Await(turn, Stage.Ending, id => new AwaitedEffect.EndVms(id, turn.Outside.VmUuids, Backstop));
    }

    private ObtainVm BootCold(Turn turn)
    {
        turn.Do(new Effect.GiveBackVm(Lease!));
        turn.Do(new Effect.Dismiss(ResourceKind.Hypervisor));
        turn.Observe(seen => seen with { Vm = null, VcpuTids = [], VmTakesMounts = false });
        turn.Do(new Effect.StepBegan(Request, CreationSteps.Factory));
        turn.Signal(new VmAwaited(turn.Deadlines.Queue));
        return AskFactory(turn);
    }

    private static Operation? Fail(Turn turn, Failure failure)
    {
        turn.Signal(new VmFailed(failure));
        return null;
    }

    private ObtainVm Ask(Turn turn, Stage stage, ResourceKind resource, object command) => Await(turn, stage, id => new AwaitedEffect.Ask(id, resource, command, Backstop));

    private ObtainVm Await(Turn turn, Stage stage, Func<EffectId, AwaitedEffect> make)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(make(id));
        return this with { At = stage, Current = id, Serial = Serial + 1 };
    }
}
