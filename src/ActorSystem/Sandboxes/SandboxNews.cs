using Akka.Actor;
using KataActors.Hypervisor;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

/// <summary>News for a sandbox: messages of its actors, and of the factory, that no effect waits for.</summary>
/// <param name="services">The factory, and the deadlines of the actors' work.</param>
/// <param name="resources">The resource actors.</param>
/// <param name="containers">The actors of the containers.</param>
internal sealed class SandboxNews(SandboxServices services, ResourceActors resources, ContainerActors containers)
{
    /// <summary>Takes a message. Returns the input for the core; null for a reply or a command.</summary>
    public Input? Take(object message, IActorRef sender)
    {
        switch (message)
        {
            case AgentProtocol.Connected:
                resources.IsAgentConnected = true;
                containers.Tell(new ContainerProtocol.AgentAvailable());
                return new AgentReturned();
            case ContainerProtocol.StandInExited { Process.Length: > 0 } ended:
                return new ExecLeft(ended.Id, ended.Process);
            case ContainerProtocol.StandInExited ended:
                containers.OnStandInExited(ended.Id);
                return new Changed();
            case Failure refused:
                return sender.Equals(services.Factory) ? new VmRefused(refused) : null;
            default:
                return ToInput(message);
        }
    }

    private Input? ToInput(object message) => message switch
    {
        FactoryProtocol.VmGranted granted => new VmOffered(granted),
        FactoryProtocol.VmDescribed described => new VmDescribed(described.Config),
        HypervisorProtocol.Adopted => new VmAdopted(),
        HypervisorProtocol.VcpuThreads threads => new VcpusSeen(threads.Tids),
        HypervisorProtocol.VmmDied died => new VmDied(died.Reason),
        HypervisorProtocol.RestoreFailed failed => new VmUseless($"it could not be restored: {failed.Reason}"),
        HypervisorFailure failure => new HypervisorFailed(failure),
        AgentProtocol.ConnectFailed failed => new AgentSilent(failed.Failure),
        AgentProtocol.Unreachable unreachable => new AgentUnreachable(unreachable.Reason),
        ContainerProtocol.ProcessExited { Process.Length: > 0 } exited => new ExecEnded(exited.Id, exited.Process, exited.Code, exited.Reason),
        ContainerProtocol.ProcessExited exited => new ProcessEnded(exited.Id, exited.Code, exited.Reason),
        ContainerProtocol.KillUnheeded unheeded => new GiveUpVm(
            $"container \"{unheeded.Id}\" did not end within {services.Settings.Deadlines.Kill.TotalSeconds:0.#} s of its SIGKILL"),
        _ => null,
    };
}
