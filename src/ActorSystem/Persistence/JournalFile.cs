using System.Globalization;
using KataActors.Linux;
using KataActors.Runtime.Hosting;
using Microsoft.Data.Sqlite;

namespace KataActors.Runtime.Persistence;

/// <summary>The SQLite database of the journal. It is prepared before the actors use it, so that a problem is reported at once.</summary>
internal static class JournalFile
{
    /// <summary>How long a command waits for a lock, in seconds.</summary>
    public const int LockTimeout = 5;

    /// <summary>Size limit of the write-ahead log, in bytes: about a thousand pages, the size at which SQLite makes a checkpoint.</summary>
    public const long LongestLog = 4 * 1024 * 1024;

    // SQLite's files: the database, its write-ahead log, the log's index, and a rollback journal.
    private static readonly string[] s_suffixes = ["", "-wal", "-shm", "-journal"];

    /// <summary>The connection string.</summary>
    public static string ConnectionString(string path) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        Pooling = true,
        DefaultTimeout = LockTimeout,
    }.ToString();

    /// <summary>
    /// Creates a missing file, switches it to write-ahead logging, and checks that it can be read and written: the header, the schema and the root of
    /// each table. That takes the same time for any size of the file. The whole file is read later, in the background
    /// (<see cref="JournalKeeperActor"/>).
    /// </summary>
    /// <exception cref="StartupException">The file cannot be used.</exception>
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
            // The next connection must open the file of that name anew.
            SqliteConnection.ClearPool(connection);
            throw new StartupException($"journal \"{path}\" cannot be used: {(e is SqliteException failure ? Describe(failure) : e.Message)}", e);
        }
    }

    /// <summary>
    /// The same; but a damaged file, or one that is not a database, is renamed together with SQLite's files beside it, if a new one can be made. It
    /// is never removed.
    /// </summary>
    /// <returns>The new name of the damaged file; null when the file is in order.</returns>
    /// <exception cref="StartupException">The file cannot be used; it is unchanged.</exception>
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
                // Closing the last connection writes the log into the file.
                SqliteConnection.ClearPool(connection);
            }

            var aside = FreeName(path);

            // The log first: the database is no more damaged without its log, but a log beside a new database would be deleted.
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

    // SQLite itself would follow a symbolic link, and hang on a FIFO.
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
