using KataActors.Linux;
using KataActors.Runtime.Hosting;
using Microsoft.Data.Sqlite;

namespace KataActors.Runtime.Persistence;

/// <summary>The SQLite database of the journal: made ready before the actors use it, so that what is wrong with it is said at once.</summary>
internal static class JournalFile
{
    /// <summary>How long a command waits for others', in seconds.</summary>
    public const int LockTimeout = 5;

    /// <summary>Bytes that the write-ahead log keeps: about a thousand pages, after which SQLite brings it into the file.</summary>
    public const long LongestLog = 4 * 1024 * 1024;

    // SQLite's own: the database, its write-ahead log, the log's index, and a rollback journal.
    private static readonly string[] s_suffixes = ["", "-wal", "-shm", "-journal"];

    /// <summary>How a connection to it is opened.</summary>
    public static string ConnectionString(string path) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        Pooling = true,
        DefaultTimeout = LockTimeout,
    }.ToString();

    /// <summary>
    /// Creates the file if it is missing, switches it to write-ahead logging, and checks that it can be read and written: the header, the schema and the root of each
    /// table, which takes the same time however long the file is. All of it is read later, beside the daemon's work (<see cref="JournalKeeperActor"/>).
    /// </summary>
    /// <exception cref="StartupException">It cannot.</exception>
    public static void Prepare(string path)
    {
        try
        {
            OwnFolder.OpenOrCreate(Path.GetDirectoryName(path)!).Dispose();
            RefuseOtherThanFiles(path);
            using var connection = new SqliteConnection(ConnectionString(path));
            connection.Open();
            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, "PRAGMA schema_version");
            Execute(connection, "BEGIN IMMEDIATE");
            Execute(connection, "ROLLBACK");
            ReadRoots(connection);
        }
        catch (SqliteException e)
        {
            throw new StartupException($"journal \"{path}\" cannot be used: {Describe(e)}", e);
        }
        catch (LinuxException e)
        {
            throw new StartupException($"journal \"{path}\" cannot be used: {e.Message}", e);
        }
    }

    // SQLite itself follows symbolic links, and waits for what comes out of a FIFO.
    private static void RefuseOtherThanFiles(string path)
    {
        foreach (var file in s_suffixes.Select(suffix => path + suffix))
        {
            if (FileStatus.TryOf(file) is { Kind: not FileKind.Regular } status)
            {
                throw new StartupException($"journal \"{path}\" cannot be used: \"{file}\" is {status.KindInWords}, not a regular file");
            }
        }
    }

    private static void ReadRoots(SqliteConnection connection)
    {
        if (Execute(connection, "SELECT group_concat('SELECT 1 FROM (SELECT 1 FROM \"' || name || '\" NOT INDEXED LIMIT 1)', ' UNION ALL ') FROM sqlite_schema WHERE type = 'table'") is string roots)
        {
            Execute(connection, $"SELECT count(*) FROM ({roots})");
        }
    }

    private static object? Execute(SqliteConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        return command.ExecuteScalar();
    }

    // SqliteException's own message wraps SQLite's text: SQLite Error 26: 'file is not a database'.
    internal static string Describe(SqliteException e) =>
        e.Message.Split('\'') is [_, var text, ..] ? text : e.Message;
}
