using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The journal in memory, with failures that a test switches on, as of a full or damaged disk. For one class of tests at a time.</summary>
public sealed class FailingJournal : MemoryJournal
{
    private const string Register = "sandbox-manager";

    /// <summary>No event can be written.</summary>
    public static volatile bool RefusesWrites;

    /// <summary>No event of a sandbox can be written; the register can.</summary>
    public static volatile bool RefusesSandboxes;

    /// <summary>While it is not completed, no write of a sandbox ends; those that wait fail then. Null: they end at once.</summary>
    public static volatile TaskCompletionSource? Stall;

    /// <summary>No event of a sandbox can be read.</summary>
    public static volatile bool RefusesReads;

    /// <summary>The register of sandboxes cannot be read.</summary>
    public static volatile bool RefusesRegister;

    /// <inheritdoc/>
    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var ofSandbox = messages.Any(message => IsSandbox(message.PersistenceId));
        if (ofSandbox && Stall is { } stall)
        {
            await stall.Task;
        }
        else if (!RefusesWrites && !(RefusesSandboxes && ofSandbox))
        {
            return await base.WriteMessagesAsync(messages, cancellationToken);
        }

        throw new IOException("no space left on device");
    }

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback) =>
        (persistenceId == Register ? RefusesRegister : RefusesReads && IsSandbox(persistenceId))
            ? throw new IOException("the file is damaged")
            : base.ReplayMessagesAsync(context, persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback);

    private static bool IsSandbox(string persistenceId) => persistenceId != Register && persistenceId.StartsWith("sandbox-", StringComparison.Ordinal);
}
