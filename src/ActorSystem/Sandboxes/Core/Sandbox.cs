namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>How a sandbox decides.</summary>
internal static class Sandbox
{
    /// <summary>
    /// The decision on an input: a pure function. A stale reply, whose operation has ended or has left the stage that asked, changes nothing.
    /// </summary>
    public static Step On(SandboxState state, Input input, SandboxContext context)
    {
        var turn = new Turn(state, context);
        switch (input)
        {
            case EffectEnded { Id: var id }:
                turn.Advance(id.Operation, input);
                break;
            case Remove remove:
                Conflicts.Admit(remove, turn);
                break;
            case Start start:
                Conflicts.Admit(start, turn);
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
