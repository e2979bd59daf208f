using KataActors.Runtime.Persistence;
using KataActors.TestSupport;
using Microsoft.Data.Sqlite;
using Xunit;

namespace KataActors.Runtime.Tests.Persistence;

public sealed class JournalConnectionSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Should_let_sqlite_itself_wait_for_a_lock_and_not_for_the_disk(bool asynchronous)
    {
        await using var connection = new SqliteConnection(JournalFile.ConnectionString(_directory.File("journal.db")));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        if (asynchronous)
        {
            await new JournalConnection().ConnectionOpenedAsync(default, connection, TestContext.Current.CancellationToken);
        }
        else
        {
            new JournalConnection().ConnectionOpened(default, connection);
        }

        Assert.Equal((5000L, 1L), (Ask(connection, "PRAGMA busy_timeout"), Ask(connection, "PRAGMA synchronous")));
    }

    private static object? Ask(SqliteConnection connection, string pragma)
    {
        using var command = connection.CreateCommand();
        command.CommandText = pragma;
        return command.ExecuteScalar();
    }
}
