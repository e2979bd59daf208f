using Akka.Actor;
using KataActors.Hypervisor;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

// Messages that are news to the core: no operation waits for them.
internal sealed partial class SandboxActor
{
    // Null for other messages.
    private Input? ToInput(object message) => message switch
    {
        FactoryProtocol.VmGranted granted => new VmOffered(granted),
        FactoryProtocol.VmDescribed described => new VmDescribed(described.Config),
        Failure failure when Sender.Equals(_services.Factory) => new VmRefused(failure),
        HypervisorProtocol.Adopted => new VmAdopted(),
        HypervisorProtocol.VcpuThreads threads => new VcpusSeen(threads.Tids),
        HypervisorProtocol.VmmDied died => new VmDied(died.Reason),
        HypervisorProtocol.RestoreFailed failed => new VmUseless($"it could not be restored: {failed.Reason}"),
        HypervisorFailure failure => new HypervisorFailed(failure),
        AgentProtocol.ConnectFailed failed => new AgentSilent(failed.Failure),
        AgentProtocol.Unreachable unreachable => new AgentUnreachable(unreachable.Reason),
        ContainerProtocol.ProcessExited exited => new ProcessEnded(exited.Id, exited.Code, exited.Reason),
        ContainerProtocol.KillUnheeded unheeded => new GiveUpVm(
            $"container \"{unheeded.Id}\" did not end within {Deadlines.Kill.TotalSeconds:0.#} s of its SIGKILL"),
        _ => null,
    };

    private bool OnNews(object message)
    {
        switch (message)
        {
            case AgentProtocol.Connected:
                _agentConnected = true;
                TellContainers(new ContainerProtocol.AgentAvailable());
                Decide(new AgentReturned());
                return true;
            case ContainerProtocol.StandInExited ended:
                _standInsGone.Add(ended.Id);
                Decide(new Changed());
                return true;
            case PoolGroupActor.Gone gone:
                OnPoolGroupGone(gone);
                return true;
            default:
                if (ToInput(message) is { } input)
                {
                    Decide(input);
                    return true;
                }

                return false;
        }
    }

    private void TellContainers(object message)
    {
        foreach (var container in _containers.Values)
        {
            container.Tell(message);
        }
    }
}
