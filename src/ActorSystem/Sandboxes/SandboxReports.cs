using System.Collections.Immutable;
using Akka.Actor;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Reports of a SandboxActor to the SandboxManagerActor, so that state and list are answered from memory. A report precedes the reply to the command
/// that caused it, and carries changes only.
/// </summary>
internal static class SandboxReports
{
    /// <summary>A container is new or has changed.</summary>
    public sealed record ContainerChanged(ContainerSnapshot Container);

    /// <summary>A container is gone; its id is free.</summary>
    public sealed record ContainerGone(ContainerKey Key);

    /// <summary>The sandbox is new or has changed.</summary>
    public sealed record SandboxChanged(SandboxSnapshot Sandbox);

    /// <summary>The record of the sandbox is read, and all its containers are reported.</summary>
    public sealed record SandboxRecovered(Guid Uuid);

    /// <summary>Neither the journal nor the run directory has a record of the sandbox: its containers are unknown.</summary>
    public sealed record SandboxUnread(Guid Uuid);

    /// <summary>The sandbox's journal has failed; its actor stops, and another one follows.</summary>
    /// <param name="Uuid">The sandbox.</param>
    /// <param name="Life">How the next actor begins.</param>
    /// <param name="Removals">Removals under way, and their requesters.</param>
    public sealed record JournalLost(Guid Uuid, SandboxLife Life, ImmutableArray<(SandboxCommands.DeleteContainer Removal, IActorRef Asker)> Removals);

    /// <summary>
    /// A sandbox in memory asks for permission to write the journal again. The reply is <see cref="MayReturn"/>, or none while that is not possible.
    /// </summary>
    public sealed record ReturnWanted(Guid Uuid);

    /// <summary>The journal can be read, and the register has the sandbox.</summary>
    public sealed record MayReturn;

    /// <summary>The journal holds the whole record again; the sandbox's actor stops, and a fresh one replays it.</summary>
    /// <param name="Uuid">The sandbox.</param>
    /// <param name="Removals">As in <see cref="JournalLost"/>.</param>
    public sealed record JournalRegained(Guid Uuid, ImmutableArray<(SandboxCommands.DeleteContainer Removal, IActorRef Asker)> Removals);

    /// <summary>Nothing of the sandbox is left; its id is free.</summary>
    public sealed record SandboxGone(Guid Uuid);
}
