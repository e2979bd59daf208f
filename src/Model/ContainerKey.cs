namespace KataActors.Model;

/// <summary>A container id in the id space that <c>--root</c> names. A sandbox has the key of its first container.</summary>
/// <param name="Root">The <c>--root</c> of the caller, compared as text and never opened.</param>
/// <param name="Id">A validated container id.</param>
public readonly record struct ContainerKey(string Root, string Id)
{
    /// <inheritdoc/>
    public override string ToString() => Id;
}
