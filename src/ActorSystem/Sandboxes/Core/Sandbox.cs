using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The decisions of a sandbox.</summary>
internal static class Sandbox
{
    /// <summary>Decides on an input: a pure function. A stale reply changes nothing.</summary>
    public static Step On(SandboxState state, Input input, SandboxContext context)
    {
        var turn = new Turn(state, context);
        switch (input)
        {
            case EffectEnded { Id: var id }:
                turn.Advance(id.Operation, input);
                break;
            case Create create:
                Admission.Admit(create, turn);
                break;
            case HooksRan ran:
                Admission.Admit(ran, turn);
                break;
            case Delete delete:
                Admission.Admit(delete, turn);
                break;
            case VmOffered offered:
                Conflicts.Admit(offered, turn);
                break;
            case Remove remove:
                Conflicts.Admit(remove, turn);
                break;
            case Start start:
                Conflicts.Admit(start, turn);
                break;
            case Exec exec:
                Conflicts.Admit(exec, turn);
                break;
            case SetPaused set:
                Conflicts.Admit(set, turn);
                break;
            case View view:
                turn.Begin(id => new ViewContainer(id, view));
                break;
            case ExecEnded ended:
                Execs.Record(ended, turn);
                break;
            case ExecLeft left:
                Execs.Remove(left, turn);
                break;
            case ProcessEnded ended:
                Conflicts.Admit(ended, turn);
                break;
            case UndoCreation undo:
                Conflicts.Admit(undo, turn);
                break;
            case GiveUpVm give:
                Conflicts.Admit(give, turn);
                break;
            case Update update:
                turn.Begin(id => new UpdateLimits(id, update.Container, update));
                break;
            case Inspect inspect:
                Conflicts.Admit(inspect, turn);
                break;
            case AgentReturned returned:
                News.Take(returned, turn);
                break;
            case VcpusSeen threads:
                turn.Observe(seen => seen with { VcpuTids = threads.Tids, ThreadsAreFresh = true });
                turn.Signal(input);
                break;
            case Recovered:
                News.Recover(turn);
                break;
            case VmDied died:
                News.Take(died, turn);
                break;
            case AgentSilent silent:
                News.Take(silent, turn);
                break;
            case AgentUnreachable unreachable:
                News.Take(unreachable, turn);
                break;
            case HypervisorFailed failed:
                News.Take(failed, turn);
                break;
            case VmDescribed described:
                News.Take(described, turn);
                break;
            case VmRefused refused:
                News.Take(refused, turn);
                break;
            case ResourceActorFailed failed:
                News.Take(failed, turn);
                break;
            case VmAdopted:
                News.TakeOver(turn);
                break;
            default:
                foreach (var operation in state.Operations.Values)
                {
                    turn.Advance(operation.Id, input);
                }

                break;
        }

        return turn.ToStep();
    }
}
