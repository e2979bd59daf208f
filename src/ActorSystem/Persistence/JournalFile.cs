using System.Globalization;
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
        using var connection = new SqliteConnection(ConnectionString(path));
        try
        {
            OwnFolder.OpenOrCreate(Path.GetDirectoryName(path)!).Dispose();
            RefuseOtherThanFiles(path);
            connection.Open();
            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, "PRAGMA schema_version");
            Execute(connection, "BEGIN IMMEDIATE");
            Execute(connection, "ROLLBACK");
            ReadRoots(connection);
        }
        catch (Exception e) when (e is SqliteException or LinuxException or IOException or UnauthorizedAccessException)
        {
            // The next one who opens it gets the file that has the name then.
            SqliteConnection.ClearPool(connection);
            throw new StartupException($"journal \"{path}\" cannot be used: {(e is SqliteException failure ? Describe(failure) : e.Message)}", e);
        }
    }

    /// <summary>
    /// The same; but a file that is no database, or a damaged one, gets another name, with all that SQLite keeps beside it, when a new one can be made. It is
    /// never removed.
    /// </summary>
    /// <returns>The new name of the damaged file; null when it was in order.</returns>
    /// <exception cref="StartupException">It cannot be used, and stays as it is.</exception>
    public static string? PrepareOrReplace(string path)
    {
        try
        {
            Prepare(path);
            return null;
        }
        catch (StartupException e) when (e.InnerException is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB })
        {
            return Replace(path);
        }
    }

    private static string Replace(string path)
    {
        var fresh = path + ".new";
        try
        {
            foreach (var left in s_suffixes.Select(suffix => fresh + suffix))
            {
                FileNames.TryRemove(left);
            }

            Prepare(fresh);
            using (var connection = new SqliteConnection(ConnectionString(fresh)))
            {
                // The last one that is closed brings the log into the file.
                SqliteConnection.ClearPool(connection);
            }

            var aside = FreeName(path);

            // The log first: a database without its log is no more damaged than it was, a log beside a new database would be deleted.
            foreach (var suffix in s_suffixes.Reverse().Where(suffix => FileStatus.TryOf(path + suffix) is not null))
            {
                FileNames.Rename(path + suffix, aside + suffix);
            }

            FileNames.Rename(fresh, path);
            return aside;
        }
        catch (LinuxException e)
        {
            throw new StartupException($"journal \"{path}\" is damaged and cannot be replaced: {e.Message}", e);
        }
    }

    private static string FreeName(string path)
    {
        var stem = string.Create(CultureInfo.InvariantCulture, $"{path}.damaged-{DateTime.UtcNow:yyyyMMdd'T'HHmmss'Z'}");
        var name = stem;
        for (var number = 2; FileStatus.TryOf(name) is not null; number++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}");
        }

        return name;
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
