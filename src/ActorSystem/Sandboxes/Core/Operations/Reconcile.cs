using KataActors.Runtime.Factory;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// The return of a sandbox whose VM may run: the factory describes the VM, the hypervisor actor adopts it, and its agent answers. Commands wait for
/// the end of the reconciliation or its deadline; a later adoption is accepted too.
/// </summary>
internal sealed record Reconcile(OperationId Id) : Operation(Id)
{
    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        var registration = turn.Registration;
        var identity = new VmIdentity(registration.HostName, turn.Record.VmUuid, turn.Settings.SandboxDirectory(registration.HostName));
        turn.Do(new AwaitedEffect.Pause(new EffectId(Id, 0), turn.Deadlines.Reconcile));
        turn.Do(new Effect.TellFactory(new FactoryProtocol.DescribeVm(identity, turn.Record.Vcpus, turn.Record.MemoryMib)));
        return this;
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn)
    {
        switch (input)
        {
            case Changed when turn.Record.VmEnded || turn.Outside.AgentConnected:
                return End(turn);
            case AgentSilent:
                turn.Warn("the agent does not answer; its containers are kept, and it is tried on");
                return EndWithoutAgent(turn);
            case Overdue:
                turn.Warn($"the sandbox was not reconciled within {turn.Deadlines.Reconcile}");
                return EndWithoutAgent(turn);
            default:
                return this;
        }
    }

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        // Reconcile has no requester.
    }

    private static Operation? EndWithoutAgent(Turn turn)
    {
        StartContainer.Resume(turn);
        PauseContainer.GiveUp(turn);
        Execs.GiveUp(turn);
        return End(turn);
    }

    private static Operation? End(Turn turn)
    {
        turn.AttendContainers();
        foreach (var container in turn.Record.Containers.Values.Where(container => container is { Deleting: true, Status: not ContainerStatus.Creating }).ToArray())
        {
            Conflicts.Admit(new Remove(container.Key.Id, IsWhole: false, "", null), turn);
        }

        LimitRounds.WantUnlessRestoring(turn);
        turn.Do(new Effect.TakeCommands());
        return null;
    }
}
