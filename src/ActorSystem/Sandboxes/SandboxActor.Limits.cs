using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Runtime.Sandboxes.Core;
using static KataActors.Runtime.Sandboxes.SandboxCommands;

namespace KataActors.Runtime.Sandboxes;

// The commands and replies that are about limits, beside those of the core's operations.
internal sealed partial class SandboxActor
{
    private void Update(UpdateContainer update)
    {
        Decide(new Update(update.Key.Id, update.Change, Requester(new Updated([])).Id));
    }

    private bool OnLimitsStep(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.VcpuThreads threads:
                Decide(new VcpusSeen(threads.Tids));
                return true;
            case CgroupProtocol.Applied when _placing is { } taken:
                LeavePoolGroup();
                OnPlaced(taken);
                return true;
            case CgroupFailure { Command: CgroupProtocol.Apply } failure when _placing is { } taken:
                _log.Warning("the VM from the pool keeps the pool's weight for now: {0}", failure.Message);
                OnPlaced(taken);
                return true;
            case CgroupProtocol.Applied or CgroupFailure { Command: CgroupProtocol.Apply }:
                return true;
            default:
                return false;
        }
    }
}
