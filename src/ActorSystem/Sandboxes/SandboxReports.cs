using System.Collections.Immutable;
using Akka.Actor;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// What a SandboxActor tells the SandboxManagerActor, so that state and list are answered from memory. A report is always told before
/// the reply to the command that caused it, and carries only what has changed since the last one.
/// </summary>
internal static class SandboxReports
{
    /// <summary>A container is new or has changed.</summary>
    public sealed record ContainerChanged(ContainerSnapshot Container);

    /// <summary>A container is gone; its id is free.</summary>
    public sealed record ContainerGone(ContainerKey Key);

    /// <summary>The sandbox is new or has changed.</summary>
    public sealed record SandboxChanged(SandboxSnapshot Sandbox);

    /// <summary>The record of the sandbox is read, and all its containers were reported.</summary>
    public sealed record SandboxRecovered(Guid Uuid);

    /// <summary>Neither the journal nor the run directory tells of the sandbox: its containers are not known.</summary>
    public sealed record SandboxUnread(Guid Uuid);

    /// <summary>The sandbox's journal has failed; its actor stops, and another one follows.</summary>
    /// <param name="Uuid">The sandbox.</param>
    /// <param name="Life">How that one is to begin.</param>
    /// <param name="Removals">Removals that were under way, and who asked.</param>
    public sealed record JournalLost(Guid Uuid, SandboxLife Life, ImmutableArray<(SandboxCommands.DeleteContainer Removal, IActorRef Asker)> Removals);

    /// <summary>A sandbox that is kept in memory only asks whether the journal may be tried again. The reply is <see cref="MayReturn"/>, or none while it may not.</summary>
    public sealed record ReturnWanted(Guid Uuid);

    /// <summary>The journal can be read, and the register in it has the sandbox.</summary>
    public sealed record MayReturn;

    /// <summary>The journal holds the whole record again; the sandbox's actor stops, and a fresh one replays it.</summary>
    /// <param name="Uuid">The sandbox.</param>
    /// <param name="Removals">As in <see cref="JournalLost"/>.</param>
    public sealed record JournalRegained(Guid Uuid, ImmutableArray<(SandboxCommands.DeleteContainer Removal, IActorRef Asker)> Removals);

    /// <summary>Nothing of the sandbox is left; its id is free.</summary>
    public sealed record SandboxGone(Guid Uuid);
}
