using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>
/// Which operation joins, or runs beside, which other one.
/// <code>
///                  RemoveContainer of the same id    RemoveSandbox
/// RemoveContainer  joins                             beside it, and ends with it
/// RemoveSandbox    beside it                         joins
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
}
