using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>
/// Which operation joins, or runs beside, which other one.
/// <code>
/// that begins       RemoveContainer or UndoContainer of its container   RemoveSandbox                  EndVm
/// RemoveContainer   its requester joins                                 beside it, and ends with it    beside it
/// UndoContainer     joins                                               beside it, and ends with it    beside it
/// RemoveSandbox     beside it, and ends it                              its requester joins            beside it, and ends it
/// EndVm             beside it                                           beside it, and ends with it    joins
/// </code>
/// </summary>
internal static class Conflicts
{
    /// <summary>A removal begins, or its requester joins the one that is under way.</summary>
    public static void Admit(Remove remove, Turn turn)
    {
        if (turn.Operations.OfType<Removal>().FirstOrDefault(removal => removal.IsOf(remove)) is { } underWay)
        {
            turn.Advance(underWay.Id, remove);
            return;
        }

        turn.Begin(id => remove.IsWhole ? new RemoveSandbox(id, remove) : new RemoveContainer(id, remove));
    }

    /// <summary>The undo of a creation begins, once.</summary>
    public static void Admit(UndoCreation undo, Turn turn)
    {
        if (!turn.Operations.OfType<Removal>().Any(removal => removal.IsOf(new Remove(undo.Container, IsWhole: false, "", null))))
        {
            turn.Begin(id => new UndoContainer(id, undo));
        }
    }

    /// <summary>The end of a VM begins, unless it is under way or over.</summary>
    public static void Admit(GiveUpVm give, Turn turn)
    {
        if (!turn.Record.VmEnded && !turn.Operations.Any(operation => operation is EndVm))
        {
            turn.Begin(id => new EndVm(id, give.Reason));
        }
    }
}
