namespace KataActors.Runtime.Sandboxes;

/// <summary>How a SandboxActor begins, and what it does with the journal.</summary>
internal enum SandboxLife
{
    /// <summary>It is about to be created.</summary>
    New,

    /// <summary>Its journal is replayed, and reconciled with the world.</summary>
    Revived,

    /// <summary>
    /// As <see cref="Revived"/>, but its journal could not be written: what happens is kept in memory only, until the journal takes the whole
    /// record again. Nothing new may begin.
    /// </summary>
    Unwritten,

    /// <summary>
    /// Its journal could not even be read: it begins with the copy of its record in its run directory, and is kept in memory only, as <see cref="Unwritten"/>.
    /// Without a copy all that is left to do is to remove what its name and uuid find.
    /// </summary>
    Unread,
}
