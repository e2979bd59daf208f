using Microsoft.Data.Sqlite;

namespace KataActors.Runtime.Persistence;

/// <summary>
/// The rows of the journal's database, by persistence id. After a deletion Akka.Persistence.Sql keeps the newest event, marked, for its sequence
/// number. For a removed sandbox it is obsolete, since its persistence id is never used again.
/// </summary>
internal static class JournalRows
{
    private const string Owner = "persistence_id";
    private const int OwnersAtOnce = 500;

    // SQLite polls a busy lock at least this often.
    private static readonly TimeSpan s_turnOfOthers = TimeSpan.FromMilliseconds(100);

    /// <summary>All persistence ids with rows.</summary>
    public static IReadOnlyList<string> Owners(string file)
    {
        using var connection = Open(file);
        var tables = Tables(connection);
        return tables.Count == 0 ? [] : Column(connection, string.Join(" UNION ", tables.Select(table => $"SELECT {Owner} FROM \"{table}\"")));
    }

    /// <summary>Deletes all rows of these persistence ids, in batches, so that other connections can write in between.</summary>
    public static async Task DeleteAsync(string file, IReadOnlyCollection<string> owners)
    {
        using var connection = Open(file);
        var tables = Tables(connection);
        var isFirst = true;
        foreach (var batch in owners.Chunk(OwnersAtOnce))
        {
            if (!isFirst)
            {
                await Task.Delay(s_turnOfOthers).ConfigureAwait(false);
            }

            Delete(connection, tables, batch);
            isFirst = false;
        }
    }

    /// <summary>Reads the whole file. Returns its damage; null for none.</summary>
    public static string? FindDamage(string file)
    {
        try
        {
            using var connection = Open(file);
            var verdict = string.Join("; ", Column(connection, "PRAGMA quick_check(1)"));
            return verdict == "ok" ? null : verdict;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
        {
            return JournalFile.Describe(e);
        }
    }

    private static void Delete(SqliteConnection connection, IEnumerable<string> tables, IEnumerable<string> owners)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var table in tables)
        {
            using var delete = connection.CreateCommand();
            delete.CommandText = $"DELETE FROM \"{table}\" WHERE {Owner} = $owner";
            var parameter = delete.Parameters.Add("$owner", SqliteType.Text);
            foreach (var owner in owners)
            {
                parameter.Value = owner;
                delete.ExecuteNonQuery();
            }
        }

        transaction.Commit();
    }

    // All tables of the plug-in: events, snapshots, tags, metadata.
    private static List<string> Tables(SqliteConnection connection) => Column(
        connection, $"SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c ON c.name = '{Owner}' WHERE t.type = 'table'");

    private static List<string> Column(SqliteConnection connection, string query)
    {
        using var command = connection.CreateCommand();
        command.CommandText = query;
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection(JournalFile.ConnectionString(file));
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = JournalConnection.Pragmas;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
