using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes;

/// <summary>Messages between the SandboxManagerActor and its <see cref="SandboxRegisterActor"/>.</summary>
internal static class SandboxRegisterProtocol
{
    /// <summary>Event for the parent: the journal is replayed.</summary>
    /// <param name="Sandboxes">All admitted sandboxes that were not forgotten.</param>
    public sealed record Loaded(ImmutableArray<SandboxAdmitted> Sandboxes);

    /// <summary>
    /// Write a <see cref="SandboxAdmitted"/> or <see cref="SandboxForgotten"/>. Replies <see cref="Written"/>; the register stops when it cannot
    /// write.
    /// </summary>
    public sealed record Write(IMessage Event);

    /// <summary>The event is in the journal.</summary>
    public sealed record Written(IMessage Event);
}
