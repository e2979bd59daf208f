namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>A stage of a <see cref="Removal"/>; stateless.</summary>
/// <param name="name">Its name in logs and errors, a noun.</param>
internal abstract class RemovalStage(string name)
{
    /// <summary>Its name in logs and errors, a noun.</summary>
    public string Name { get; } = name;

    /// <summary>Begins the stage, with its effects.</summary>
    public abstract Removal Begin(Removal removal, Turn turn);

    /// <summary>Whether the stage is over.</summary>
    public virtual bool IsDone(Removal removal, Turn turn) => removal.Pending.IsEmpty;

    /// <summary>Takes the reply to one of its effects. Returns the reported problem; null for none.</summary>
    public virtual string? Take(object reply, Removal removal, Turn turn) => null;
}
