using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Model.Journal;
using KataActors.Network;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Storage;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>The stages of removals.</summary>
internal static class RemovalStages
{
    private const int Sigkill = 9;

    // Added to the deadlines of the actors, so that their replies come first.
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_drainDeadline = TimeSpan.FromSeconds(10);

    private static bool IsAttended(ContainerRecord container, Turn turn) => turn.Outside.Attended.Contains(container.Key.Id);

    /// <summary>Kills running processes; it ends with their exits.</summary>
    public sealed class Kill() : RemovalStage("the end of the processes")
    {
        /// <inheritdoc/>
        public override Removal Begin(Removal removal, Turn turn)
        {
            var live = Live(removal, turn).ToArray();
            return live.Length == 0 ? removal : live.Aggregate(
                removal.Limit(turn, turn.Deadlines.Kill + s_margin),
                (next, container) => next.AskContainer(turn, container.Key.Id, new SandboxCommands.KillContainer(container.Key, Sigkill, All: true)));
        }

        /// <inheritdoc/>
        public override bool IsDone(Removal removal, Turn turn) => !Live(removal, turn).Any();

        private static IEnumerable<ContainerRecord> Live(Removal removal, Turn turn) => turn.Record.VmEnded ? [] : removal.Concerned(turn.Record)
            .Where(container => container.Status is ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused && IsAttended(container, turn));
    }

    /// <summary>Waits until the stand-ins have written the remaining output, and have ended.</summary>
    public sealed class Drain() : RemovalStage("the end of the stand-ins")
    {
        /// <inheritdoc/>
        public override Removal Begin(Removal removal, Turn turn) => IsDone(removal, turn) ? removal : removal.Limit(turn, s_drainDeadline);

        /// <inheritdoc/>
        public override bool IsDone(Removal removal, Turn turn) => removal.Concerned(turn.Record)
            .All(container => !IsAttended(container, turn) || turn.Outside.StandInsGone.Contains(container.Key.Id));
    }

    /// <summary>Kills the remaining stand-ins, and has the agent remove the container.</summary>
    /// <param name="isRequired">Whether a silent agent is a problem, as long as the VM runs.</param>
    public sealed class RemoveFromGuest(bool isRequired) : RemovalStage("the removal from the guest")
    {
        /// <inheritdoc/>
        public override Removal Begin(Removal removal, Turn turn)
        {
            var begun = TellGuest(removal, turn, new AgentProtocol.Invoke(
                null, GuestSpec.RemoveRequest(GuestPaths.IdOf(turn.Record.Key with { Id = removal.Command.Container })), turn.Deadlines.AgentCall));
            return isRequired && !turn.Outside.AgentConnected && !turn.Record.VmEnded
                ? begun with { Problems = begun.Problems.Add("the agent does not answer") }
                : begun;
        }

        /// <inheritdoc/>
        public override string? Take(object reply, Removal removal, Turn turn) => reply switch
        {
            AgentProtocol.InvokeFailed { Failure: { Code: not FailureCode.NotFound } failure } when !turn.Record.VmEnded => failure.Message,
            _ => StandInProblem(reply),
        };
    }

    /// <summary>
    /// Kills the remaining stand-ins, and has the agent end everything in the guest. Its failure does not matter: the VM ends next.
    /// </summary>
    public sealed class LeaveGuest() : RemovalStage("the farewell to the agent")
    {
        /// <inheritdoc/>
        public override Removal Begin(Removal removal, Turn turn) =>
            TellGuest(removal, turn, new AgentProtocol.Invoke(null, new DestroySandboxRequest(), turn.Deadlines.AgentFarewell));

        /// <inheritdoc/>
        public override string? Take(object reply, Removal removal, Turn turn) => StandInProblem(reply);
    }

    /// <summary>Detaches the mounts of a container below the share.</summary>
    public sealed class Detach() : RemovalStage("the detachment of the mounts")
    {
        /// <inheritdoc/>
        public override Removal Begin(Removal removal, Turn turn) =>
            turn.Record is { VmEnded: false, Vmm: { } vmm } && removal.Concerned(turn.Record).SingleOrDefault() is { } container
                ? removal.Ask(turn, ResourceKind.Storage, new StorageProtocol.Detach(
                    container.Key.Id, GuestPaths.IdOf(container.Key), vmm, MountPlan.Binds(container.Spec)))
                : removal;

        /// <inheritdoc/>
        public override string? Take(object reply, Removal removal, Turn turn) => StorageProblem(reply);
    }

    /// <summary>Stops the VM; a VM without an actor is found by its uuid.</summary>
    public sealed class StopVm() : RemovalStage("the end of the VM")
    {
        /// <inheritdoc/>
        public override Removal Begin(Removal removal, Turn turn)
        {
            turn.Do(new Effect.GiveBackVm(turn.Seen.Vm));
            turn.Do(new Effect.LeaveAgent());
            return turn.Outside.HoldsVm && !turn.Record.VmEnded
                ? removal.Ask(turn, ResourceKind.Hypervisor, new HypervisorProtocol.Stop())
                : removal.EndVms(turn, turn.Outside.VmUuids);
        }

        /// <inheritdoc/>
        public override string? Take(object reply, Removal removal, Turn turn)
        {
            if (reply is HypervisorProtocol.Stopped or VmsEnded)
            {
                if (!turn.Record.VmEnded)
                {
                    turn.Persist(new VmStopped());
                }

                return null;
            }

            var problem = (reply is HypervisorFailure failed ? failed.Failure : (Failure)reply).Message;
            turn.Complain($"QEMU could not be stopped: {problem}");
            return problem;
        }
    }

    /// <summary>Takes back what connected the VM with its network namespace. The tap interfaces have ended with QEMU.</summary>
    public sealed class ReleaseNetwork() : RemovalStage("the release of the network")
    {
        /// <inheritdoc/>
        public override Removal Begin(Removal removal, Turn turn) => turn.Record.NetworkNamespace is { } place
            ? removal.Ask(turn, ResourceKind.Network, new NetworkProtocol.Release(place, turn.Registration.Uuid, turn.Record.NetworkInterfaces))
            : removal;

        /// <inheritdoc/>
        public override string? Take(object reply, Removal removal, Turn turn) => reply is NetworkProtocol.NetworkFailed failed ? failed.Failure.Message : null;
    }

    /// <summary>Removes the cgroups, unless a stage before has failed: a VM that could not be ended would run on without limits.</summary>
    public sealed class RemoveCgroups() : RemovalStage("the removal of the cgroups")
    {
        /// <inheritdoc/>
        public override Removal Begin(Removal removal, Turn turn)
        {
            if (!removal.Problems.IsEmpty)
            {
                return removal;
            }

            var next = turn.Outside.PoolGroup is { } vm ? removal.RemovePoolGroup(turn, vm) : removal;
            return next.Ask(turn, ResourceKind.Cgroup, new CgroupProtocol.Destroy { UnmarkedToo = turn.Outside.TakesUnmarkedCgroups });
        }

        /// <inheritdoc/>
        public override string? Take(object reply, Removal removal, Turn turn) => reply switch
        {
            PoolGroupActor.Gone gone => gone.Problem,
            CgroupFailure { Failure: { Code: not FailureCode.Unimplemented } failure } => failure.Message,
            _ => null,
        };
    }

    /// <summary>Removes the run directory, after everything that its note names.</summary>
    public sealed class ReleaseDirectory() : RemovalStage("the removal of the run directory")
    {
        /// <inheritdoc/>
        public override Removal Begin(Removal removal, Turn turn) =>
            removal.Problems.IsEmpty ? removal.Ask(turn, ResourceKind.Storage, new StorageProtocol.Release()) : removal;

        /// <inheritdoc/>
        public override string? Take(object reply, Removal removal, Turn turn) => StorageProblem(reply);
    }

    private static Removal TellGuest(Removal removal, Turn turn, AgentProtocol.Invoke farewell)
    {
        var next = removal.Concerned(turn.Record).Where(container => IsAttended(container, turn)).Aggregate(
            removal, (next, container) => next.AskContainer(turn, container.Key.Id, new ContainerProtocol.EndStandIn()));
        if (turn.Outside.AgentConnected && !turn.Record.VmEnded)
        {
            next = next.Ask(turn, ResourceKind.Agent, farewell);
        }

        return next.Pending.IsEmpty ? next : next.Limit(turn, turn.Deadlines.AgentCall + s_margin);
    }

    private static string? StandInProblem(object reply) =>
        reply is ContainerProtocol.StandInKilled { Problem: { } problem } killed ? $"the stand-in of container \"{killed.Id}\" is left: {problem}" : null;

    private static string? StorageProblem(object reply) => reply is StorageProtocol.StorageFailed failed ? failed.Failure.Message : null;
}
