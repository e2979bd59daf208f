using KataActors.Runtime.Persistence;
using KataActors.TestSupport;
using Microsoft.Data.Sqlite;
using Xunit;

namespace KataActors.Runtime.Tests.Persistence;

/// <summary>The rows of the journal's database, deleted by persistence id.</summary>
public sealed class JournalRowsSpecs : IDisposable
{
    private const int Owners = 2200;

    private readonly TemporaryDirectory _directory = new();

    private string File => _directory.File("journal.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    // An undeletable row shows the transactions' bounds: rows of earlier transactions are gone.
    [Theory]
    [InlineData(0, 2200)]
    [InlineData(499, 2200)]
    [InlineData(500, 1700)]
    [InlineData(2199, 200)]
    public async Task Should_hold_the_write_lock_for_no_more_than_500_owners_when_many_are_left(int stubborn, int left)
    {
        Fill();
        Execute($"CREATE TRIGGER stubborn BEFORE DELETE ON journal WHEN OLD.persistence_id = '{Owner(stubborn)}' BEGIN SELECT RAISE(ABORT, 'it stays'); END");

        var failure = await Assert.ThrowsAsync<SqliteException>(() => JournalRows.DeleteAsync(File, [.. Enumerable.Range(0, Owners).Select(Owner)]).WaitAsync(Deadline.Span));

        Assert.Contains("it stays", failure.Message, StringComparison.Ordinal);
        Assert.Equal(left, JournalRows.Owners(File).Count);
    }

    [Fact]
    public async Task Should_delete_all_rows_of_the_owners_and_no_others()
    {
        Fill();

        await JournalRows.DeleteAsync(File, [.. Enumerable.Range(1, Owners - 1).Select(Owner)]).WaitAsync(Deadline.Span);

        Assert.Equal([Owner(0)], JournalRows.Owners(File));
    }

    private static string Owner(int number) => $"sandbox-{number}";

    private void Fill() => Execute($"""
        CREATE TABLE journal (persistence_id TEXT, sequence_number INTEGER, PRIMARY KEY (persistence_id, sequence_number));
        CREATE TABLE tags (persistence_id TEXT);
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {Owners})
        INSERT INTO journal SELECT 'sandbox-' || i, s.column1 FROM n, (VALUES (1), (2)) s
        """);

    private void Execute(string statements)
    {
        using var connection = new SqliteConnection(JournalFile.ConnectionString(File));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statements;
        command.ExecuteNonQuery();
    }
}
