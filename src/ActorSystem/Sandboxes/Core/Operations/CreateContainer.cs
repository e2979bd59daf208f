using KataActors.Model.Journal;
using KataActors.Oci;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Storage;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// The creation of a container, and with the first one of the sandbox. Its parts run side by side; each begins as soon as its conditions hold:
/// <code>
/// attach mounts          the VM takes mounts
/// sandbox in the guest   the agent answers                          (the first container's)
/// hooks                  at once, by the caller                     (those of the creation)
/// network                the hooks have run, the agent answers      (the first container's)
/// container in the guest the sandbox is there, mounts are attached, the hooks have run, the network is there
/// limits                 the agent answers, vCPU threads are known  (after the boot, so that no limit slows it)
/// created                container in the guest, limits
/// </code>
/// A failure is undone before the requester gets it: the whole sandbox in the case of its first container. A call under way in a guest that stays is
/// awaited first, since it could be carried out after the undo. The removal of its sandbox ends a creation that joins: no container may appear behind
/// the removal's stages. Its other failures wait for the end of the hooks, whose caller then gets the cause.
/// </summary>
internal sealed partial record CreateContainer(OperationId Id, Create Command) : Operation(Id)
{
    /// <summary>The container.</summary>
    public string Container => Command.Container.Key.Id;

    /// <summary>Whether it is the sandbox's own container, created together with the VM.</summary>
    public bool MakesSandbox { get; private init; }

    private EffectId Timer { get; init; }

    private TimeSpan Deadline { get; init; }

    private EffectId? Attachment { get; init; }

    private bool IsAttached { get; init; }

    private EffectId? SandboxCall { get; init; }

    private bool SandboxInGuest { get; init; }

    private EffectId? ContainerCall { get; init; }

    private bool InGuest { get; init; }

    // The number of the wish for a round of limits; 0 for none.
    private int Wish { get; init; }

    private bool IsLimited { get; init; }

    private RuntimeSpec Spec => Command.Container.Spec;

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        var makesSandbox = !turn.Record.Exists;
        if (makesSandbox)
        {
            turn.Persist(SandboxIntent(turn));
        }

        turn.Persist(ContainerIntent(turn));
        turn.Do(new Effect.StepEnded(Command.Waiting.Id, CreationSteps.Journal));
        var begun = BeginHooks(turn);
        if (makesSandbox)
        {
            turn.Begin(id => new ObtainVm(id, Command.Waiting.Id));
        }

        return (begun with { MakesSandbox = makesSandbox, SandboxInGuest = !makesSandbox, IsNetworked = !makesSandbox || !HasNetwork(turn) })
            .Limit(turn, makesSandbox ? turn.Deadlines.Queue : TimeSpan.Zero).Advance(turn);
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => Failure is null ? Create(input, turn) : input switch
    {
        _ when AwaitsHooks => OnHooks(input, turn),
        Changed when turn.Record.VmEnded => Undo(turn),
        EffectEnded ended when ended.Id == ContainerCall => Undo(turn),
        CancelCreation cancel => this with { Deleters = Deleters.Add(cancel.Waiting) },
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        Answer(turn, Failure ?? Refused(FailureCode.Unavailable, why));
        foreach (var deleter in Deleters)
        {
            turn.Reply(deleter.Id, deleter.Reply);
        }
    }

    private Operation? Create(Input input, Turn turn) => input switch
    {
        Changed when turn.Record.VmEnded => Fail(turn, new Failure(FailureCode.Unavailable, turn.WhyVmEnded)),
        Changed when turn.Record.Deleting && !MakesSandbox => GiveUp(turn, new Failure(FailureCode.Unavailable, "its sandbox is being removed")),
        Changed or VcpusSeen => Advance(turn),
        CancelCreation cancel => (this with { Deleters = [cancel.Waiting] }).GiveUp(turn, new Failure(FailureCode.Cancelled, "it was deleted meanwhile")),
        VmFailed failed when MakesSandbox => Fail(turn, failed.Failure),
        NetworkFailed failed when MakesSandbox => Fail(turn, failed.Failure),
        NetworkReady when MakesSandbox => (this with { IsNetworked = true }).Advance(turn),
        VmAwaited awaited when MakesSandbox => Limit(turn, awaited.InQueue),
        LimitsApplied applied when Wish > 0 && applied.Wish >= Wish => OnLimited(turn, applied.Failure),
        Overdue { Id: var id } when id == Timer =>
            GiveUp(turn, new Failure(FailureCode.DeadlineExceeded, $"it was not done within {Deadline.TotalSeconds:0.#} s")),
        Done done when done.Id == Attachment => OnAttached(turn, done.Reply),
        Done done when done.Id == SandboxCall || done.Id == ContainerCall => OnAgent(turn, done),
        _ => OnHooks(input, turn),
    };

    private Operation? Advance(Turn turn)
    {
        var next = BeginNetwork(turn);
        var outside = turn.Outside;
        if (next.Attachment is null && (!MakesSandbox || turn.Seen.VmTakesMounts))
        {
            next = next.Attach(turn);
        }

        if (outside.AgentConnected && !next.SandboxInGuest && next.SandboxCall is null)
        {
            next = next.Call(turn, CreationSteps.Sandbox, id => new AwaitedEffect.CreateSandbox(
                id, GuestPaths.IdOf(Command.Container.Key), Spec.Hostname ?? "", turn.Deadlines.AgentCall, turn.Deadlines.AgentCall + Backstop), out var call) with { SandboxCall = call };
        }

        if (outside.AgentConnected && next is { SandboxInGuest: true, IsAttached: true, AwaitsHooks: false, IsNetworked: true, ContainerCall: null })
        {
            // The owner of a namespace may have ended since the admission.
            if (!MakesSandbox && PodNamespaces.Refuse(Spec, turn.Record) is { } why)
            {
                return next.Fail(turn, new Failure(FailureCode.FailedPrecondition, why));
            }

            var pidOwner = PodNamespaces.PidOwner(Spec, turn.Record) is { } owner ? GuestPaths.IdOf(Command.Container.Key with { Id = owner }) : null;
            var request = GuestSpec.CreateRequest(
                Spec, GuestPaths.IdOf(Command.Container.Key), Command.Container.Filter, pidOwner, Command.Container.SharedMemoryBytes);
            request.OCI.Hooks = GuestHooks.ForGuest(Command.Container.Key, Spec, Command.Container.Bundle);
            next = next.Call(turn, CreationSteps.Container, id => new AwaitedEffect.Ask(
                id, ResourceKind.Agent, new AgentProtocol.Invoke(null, request, turn.Deadlines.AgentCall), turn.Deadlines.AgentCall + Backstop), out var call) with { ContainerCall = call };
        }

        if (outside.AgentConnected && next.Wish == 0 && !turn.Seen.VcpuTids.IsEmpty)
        {
            turn.Do(new Effect.StepBegan(Command.Waiting.Id, CreationSteps.Cgroup));
            next = next with { Wish = LimitRounds.Want(turn) };
        }

        return next is { InGuest: true, IsLimited: true } ? Complete(turn) : next;
    }

    private CreateContainer Attach(Turn turn)
    {
        var attach = new StorageProtocol.Attach(
            Container,
            GuestPaths.IdOf(Command.Container.Key),
            turn.Record.Vmm!.Value,
            DescriptorSet.Empty,
            Spec.Root!.Readonly,
            MountPlan.MountPoints(Spec),
            MountPlan.Binds(Spec));
        return Call(turn, CreationSteps.Attach, id => new AwaitedEffect.Attach(id, Command.Waiting.Id, attach, Backstop + turn.Deadlines.AgentCall), out var call) with { Attachment = call };
    }

    private CreateContainer Call(Turn turn, string step, Func<EffectId, AwaitedEffect> make, out EffectId id)
    {
        id = new EffectId(Id, Serial);
        turn.Do(new Effect.StepBegan(Command.Waiting.Id, step));
        turn.Do(make(id));
        return this with { Serial = Serial + 1 };
    }

    private Operation? OnAttached(Turn turn, object reply)
    {
        switch (reply)
        {
            case StorageProtocol.Attached:
                turn.Do(new Effect.StepEnded(Command.Waiting.Id, CreationSteps.Attach));
                return (this with { IsAttached = true }).Advance(turn);
            case StorageProtocol.StorageFailed failed:
                return Fail(turn, failed.Failure);
            case ResourceLost lost:
                return Fail(turn, Lost(lost));
            default:
                return this;
        }
    }

    private Operation? OnAgent(Turn turn, Done done)
    {
        var isSandbox = done.Id == SandboxCall;
        switch (done.Reply)
        {
            case AgentProtocol.Invoked when isSandbox:
                turn.Do(new Effect.StepEnded(Command.Waiting.Id, CreationSteps.Sandbox));
                return (this with { SandboxInGuest = true }).Advance(turn);
            case AgentProtocol.Invoked:
                turn.Do(new Effect.StepEnded(Command.Waiting.Id, CreationSteps.Container));
                turn.Observe(seen => seen with { Quotas = seen.Quotas.Know(Container, GuestQuotas.Of(Spec.Linux?.Resources)) });
                return (this with { InGuest = true }).Advance(turn);
            case AgentProtocol.InvokeFailed failed:
                return (this with { ContainerCall = null }).Fail(turn, failed.Failure);
            case ResourceLost lost:
                return (this with { ContainerCall = null }).Fail(turn, Lost(lost));
            default:
                return this;
        }
    }

    private Operation? OnLimited(Turn turn, Failure? failure)
    {
        if (IsLimited)
        {
            return this;
        }

        turn.Do(new Effect.StepEnded(Command.Waiting.Id, CreationSteps.Cgroup));
        return failure is null ? (this with { IsLimited = true }).Advance(turn) : Fail(turn, failure);
    }

    private Operation? Complete(Turn turn)
    {
        turn.Persist(new ContainerCreated { Id = Container });
        Answer(turn);
        LimitRounds.WantWhereLifted(turn);
        return null;
    }

    // The time for a boot counts from its start, not from the queueing.
    private CreateContainer Limit(Turn turn, TimeSpan queue)
    {
        var deadline = queue + HooksLimit + turn.Deadlines.Boot + turn.Deadlines.AgentCall;
        var timer = new EffectId(Id, Serial);
        turn.Do(new AwaitedEffect.Pause(timer, deadline));
        return this with { Serial = Serial + 1, Timer = timer, Deadline = deadline };
    }
}
