namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>A stage of a <see cref="Removal"/>. It has no state of its own.</summary>
/// <param name="name">Its name in logs and errors, a noun.</param>
internal abstract class RemovalStage(string name)
{
    /// <summary>Its name in logs and errors, a noun.</summary>
    public string Name { get; } = name;

    /// <summary>The effects with which it begins.</summary>
    public abstract Removal Begin(Removal removal, Turn turn);

    /// <summary>Whether nothing is left to wait for.</summary>
    public virtual bool IsDone(Removal removal, Turn turn) => removal.Pending.IsEmpty;

    /// <summary>A reply to one of its effects. Returns the problem that it tells of; null for none.</summary>
    public virtual string? Take(object reply, Removal removal, Turn turn) => null;
}
