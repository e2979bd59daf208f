namespace KataActors.Runtime.Sandboxes;

/// <summary>How a SandboxActor begins, and how it uses the journal.</summary>
internal enum SandboxLife
{
    /// <summary>The sandbox is about to be created.</summary>
    New,

    /// <summary>The journal is replayed, and reconciled with the host.</summary>
    Revived,

    /// <summary>
    /// As <see cref="Revived"/>, but writing the journal has failed: events are kept in memory only, until the journal has the whole record again.
    /// Nothing new may begin.
    /// </summary>
    Unwritten,

    /// <summary>
    /// Reading the journal has failed: the sandbox begins with the copy of its record in its run directory, and is kept in memory only, as
    /// <see cref="Unwritten"/>. Without a copy only a removal by its name and uuid is possible.
    /// </summary>
    Unread,
}
