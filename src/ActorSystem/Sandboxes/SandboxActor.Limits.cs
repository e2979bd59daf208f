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
            default:
                return false;
        }
    }
}
