using System.Data.Common;
using LinqToDB.Interceptors;

namespace KataActors.Runtime.Persistence;

/// <summary>
/// Sets up each connection to the journal. With write-ahead logging, <c>synchronous=NORMAL</c> loses nothing when the daemon dies, and after a power
/// failure at most the newest events, whose VMs are gone too. SQLite itself waits for a lock, because the driver would sleep for 150 ms at each try.
/// </summary>
internal sealed class JournalConnection : ConnectionInterceptor
{
    /// <summary>The first statements of each connection. They keep the write-ahead log at its usual size after a checkpoint.</summary>
    public static readonly string Pragmas =
        $"PRAGMA busy_timeout = {JournalFile.LockTimeout * 1000}; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = {JournalFile.LongestLog}";

    /// <inheritdoc/>
    public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public override async Task ConnectionOpenedAsync(ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = Pragmas;
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
