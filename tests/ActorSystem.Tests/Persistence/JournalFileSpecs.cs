using KataActors.Runtime.Hosting;
using KataActors.Runtime.Persistence;
using KataActors.TestSupport;
using Microsoft.Data.Sqlite;
using Xunit;

namespace KataActors.Runtime.Tests.Persistence;

public sealed class JournalFileSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => _directory.File("state/journal.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public void Should_create_the_file_with_write_ahead_logging()
    {
        JournalFile.Prepare(Path);
        JournalFile.Prepare(Path);

        using var connection = new SqliteConnection(JournalFile.ConnectionString(Path));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", command.ExecuteScalar());
        Assert.Equal(RunDirectory.DirectoryMode, File.GetUnixFileMode(_directory.File("state")));
    }

    [Fact]
    public void Should_say_so_when_the_file_is_no_database()
    {
        Directory.CreateDirectory(_directory.File("state"));
        File.WriteAllText(Path, new string('x', 8192));

        var failure = Assert.Throws<StartupException>(() => JournalFile.Prepare(Path));

        Assert.Equal($"journal \"{Path}\" cannot be used: file is not a database", failure.Message);
    }

    [Fact]
    public void Should_say_so_when_the_database_is_damaged()
    {
        JournalFile.Prepare(Path);
        using (var connection = new SqliteConnection(JournalFile.ConnectionString(Path)))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE t (x TEXT); INSERT INTO t VALUES (hex(randomblob(20000))); PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
        }

        SqliteConnection.ClearAllPools();
        using (var file = File.OpenWrite(Path))
        {
            file.Position = 4096;
            file.Write(new byte[8192]);
        }

        var failure = Assert.Throws<StartupException>(() => JournalFile.Prepare(Path));

        Assert.StartsWith($"journal \"{Path}\" ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_leave_damage_deep_in_the_file_to_the_look_that_reads_all_of_it()
    {
        JournalFile.Prepare(Path);
        using (var connection = new SqliteConnection(JournalFile.ConnectionString(Path)))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE t (x TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT hex(randomblob(200)) FROM n; PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
        }

        SqliteConnection.ClearAllPools();
        Assert.Null(JournalRows.FindDamage(Path));
        SqliteConnection.ClearAllPools();
        using (var file = File.OpenWrite(Path))
        {
            file.Position = 4096 * 50;
            file.Write(new byte[4096]);
        }

        JournalFile.Prepare(Path);

        Assert.NotNull(JournalRows.FindDamage(Path));
    }

    [Fact]
    public void Should_say_so_when_the_file_cannot_be_opened()
    {
        Directory.CreateDirectory(Path);

        var failure = Assert.Throws<StartupException>(() => JournalFile.Prepare(Path));

        Assert.Equal($"journal \"{Path}\" cannot be used: \"{Path}\" is a directory, not a regular file", failure.Message);
    }

    [Fact]
    public void Should_say_so_when_a_file_is_in_the_directorys_place()
    {
        _directory.Write("state", "");

        var failure = Assert.Throws<StartupException>(() => JournalFile.Prepare(Path));

        Assert.StartsWith($"journal \"{Path}\" cannot be used: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_put_a_damaged_file_aside_and_begin_a_new_one()
    {
        Directory.CreateDirectory(_directory.File("state"));
        File.WriteAllText(Path, new string('x', 8192));
        File.WriteAllText(Path + ".new", "left by an attempt that was interrupted");

        var aside = JournalFile.PrepareOrReplace(Path);

        Assert.StartsWith($"{Path}.damaged-", aside, StringComparison.Ordinal);
        Assert.Equal(new string('x', 8192), File.ReadAllText(aside!));
        Assert.Null(JournalFile.PrepareOrReplace(Path));
        Assert.Null(JournalRows.FindDamage(Path));
        Assert.Empty(Directory.GetFiles(_directory.File("state"), "*.new*"));
    }

    [Fact]
    public void Should_leave_a_damaged_file_where_it_is_when_no_new_one_can_be_made()
    {
        Directory.CreateDirectory(Path + ".new");
        File.WriteAllText(Path, new string('x', 8192));

        Assert.Throws<StartupException>(() => JournalFile.PrepareOrReplace(Path));

        Assert.Equal(new string('x', 8192), File.ReadAllText(Path));
    }

    [Fact]
    public void Should_leave_a_file_that_cannot_be_opened_for_another_reason()
    {
        Directory.CreateDirectory(Path);

        Assert.Throws<StartupException>(() => JournalFile.PrepareOrReplace(Path));

        Assert.Equal([Path], Directory.GetFileSystemEntries(_directory.File("state")));
    }
}
