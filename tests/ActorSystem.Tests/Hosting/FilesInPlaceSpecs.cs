using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Hosting;
using KataActors.Runtime.Logging;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Microsoft.Data.Sqlite;
using Serilog.Events;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

/// <summary>Other objects in the place of the daemon's files: a link leads to a foreign file, and a FIFO would hang.</summary>
public sealed class FilesInPlaceSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Precious => _directory.File("precious");

    public FilesInPlaceSpecs() => _directory.Write("precious", "kept");

    public void Dispose()
    {
        Assert.Equal("kept", File.ReadAllText(Precious));
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("daemon.pid")]
    [InlineData("daemon.instance")]
    public async Task Should_not_write_through_a_link_in_the_run_directory(string name)
    {
        Directory.CreateDirectory(_directory.File("run"), RunDirectory.DirectoryMode);
        File.CreateSymbolicLink(_directory.File($"run/{name}"), Precious);

        var failure = await Assert.ThrowsAsync<StartupException>(() => RunDirectory.ClaimAsync(
            new DaemonPaths(_directory.File("run/daemon.sock"), _directory.File("state")), TimeSpan.Zero, Deadline.Token));

        Assert.Contains($"\"{_directory.File($"run/{name}")}\": is a symbolic link, not a regular file", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("journal.db")]
    [InlineData("journal.db-wal")]
    [InlineData("journal.db-shm")]
    public void Should_not_write_through_a_link_in_the_state_directory(string name)
    {
        Directory.CreateDirectory(_directory.File("state"), RunDirectory.DirectoryMode);
        File.WriteAllText(Precious, "");
        File.CreateSymbolicLink(_directory.File($"state/{name}"), Precious);

        var failure = Assert.Throws<StartupException>(() => JournalFile.Prepare(_directory.File("state/journal.db")));

        Assert.EndsWith($"\"{_directory.File($"state/{name}")}\" is a symbolic link, not a regular file", failure.Message, StringComparison.Ordinal);
        Assert.Equal("", File.ReadAllText(Precious));
        File.WriteAllText(Precious, "kept");
    }

    [Fact]
    public void Should_not_write_or_read_a_sandboxs_note_through_a_link()
    {
        var note = new SandboxNote(Guid.NewGuid(), new CgroupPlacement("kata", "", SandboxOnly: false));
        File.CreateSymbolicLink(_directory.File("sandbox.json~"), Precious);
        Assert.Throws<LinuxException>(() => note.Write(_directory.Path));
        File.Delete(_directory.File("sandbox.json~"));

        File.CreateSymbolicLink(_directory.File("sandbox.json"), Precious);
        Assert.Throws<LinuxException>(() => SandboxNote.TryRead(_directory.Path));
        note.Write(_directory.Path);

        Assert.Equal(note, SandboxNote.TryRead(_directory.Path));
    }

    [Fact]
    public void Should_not_take_a_templates_files_through_a_link()
    {
        var files = new TemplateFiles(_directory.File("template"));
        var uuid = Guid.NewGuid();
        var making = files.BeginMaking(uuid);
        File.CreateSymbolicLink(making.MemoryFile, Precious);
        var mode = File.GetUnixFileMode(Precious);

        Assert.Throws<LinuxException>(() => MemoryChecksum.Of(making.MemoryFile));
        Assert.Throws<LinuxException>(() => files.Commit(uuid));

        Assert.Equal(mode, File.GetUnixFileMode(Precious));
        Assert.False(Directory.Exists(files.Current.Directory));
    }

    [Fact]
    public void Should_not_remove_what_is_mounted_in_a_vms_folder()
    {
        var folder = Directory.CreateDirectory(_directory.File("vm")).FullName;
        var inner = Directory.CreateDirectory(Path.Combine(folder, "share")).FullName;
        var failure = NamespaceThread.Run(
            () =>
            {
                Mounts.MakeRprivate("/");
                Mounts.Mount(_directory.Path, inner, null, MountOptions.Bind);
                return Record.Exception(() => FactoryDirectory.Remove(folder));
            },
            NamespaceEntry.Unshare(NamespaceKinds.Mount));

        Assert.Equal($"rmdir \"{inner}\": something is mounted there", failure?.Message);
        Assert.Equal("kept", File.ReadAllText(Precious));
        FactoryDirectory.Remove(folder);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void Should_remove_the_link_and_not_what_it_leads_to()
    {
        var folder = Directory.CreateDirectory(_directory.File("vm")).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "below", "further"));
        File.CreateSymbolicLink(Path.Combine(folder, "below", "link"), _directory.Path);

        FactoryDirectory.Remove(folder);
        FactoryDirectory.Remove(folder);

        Assert.False(Directory.Exists(folder));
    }

    [Theory]
    [InlineData("mkfifo {0}", "is a FIFO, not a regular file")]
    [InlineData("mknod {0} c 1 5", "is a character device, not a regular file")]
    public async Task Should_refuse_a_configuration_that_is_no_file(string make, string cause)
    {
        var path = _directory.File("conf");
        await ChildScript.RunAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, make, path));

        var failure = await Assert.ThrowsAsync<SettingsException>(() => Off(() => DaemonConfiguration.Load(path, null)));

        Assert.Contains(cause, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mkfifo {0}", "is a FIFO, not a regular file")]
    [InlineData("ln -s precious {0}", "is a symbolic link, not a regular file")]
    public async Task Should_refuse_a_log_that_is_no_file(string make, string cause)
    {
        var path = _directory.File("log");
        await ChildScript.RunAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, make, path));

        var failure = await Assert.ThrowsAsync<StartupException>(() => Off(() => LogWriter.Open(new LogSettings(LogEventLevel.Information, LogFormat.Text, path, 1024, 1)).Dispose()));

        Assert.Equal($"log file \"{path}\" cannot be written: {cause}", failure.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Should_write_the_log_where_the_link_leads_that_an_admin_names(bool isThere)
    {
        var (link, target) = (_directory.File("log"), Path.Combine(Directory.CreateDirectory(_directory.File("disk")).FullName, "daemon.log"));
        File.CreateSymbolicLink(link, target);
        if (isThere)
        {
            await File.WriteAllTextAsync(target, "earlier\n");
        }

        await Off(() =>
        {
            using var log = LogWriter.Open(Log(link) with { FollowsLinks = true });
            log.Information("now");
        });

        var text = await File.ReadAllTextAsync(target);
        Assert.Equal((isThere, true), (text.StartsWith("earlier\n", StringComparison.Ordinal), text.EndsWith("now\n", StringComparison.Ordinal)));
        Assert.Equal(target, File.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName);
    }

    [Fact]
    public async Task Should_refuse_a_named_log_that_is_a_link_to_itself()
    {
        var path = _directory.File("log");
        File.CreateSymbolicLink(path, path);

        var failure = await Assert.ThrowsAsync<StartupException>(() => Off(() => LogWriter.Open(Log(path) with { FollowsLinks = true }).Dispose()));

        Assert.Equal($"log file \"{path}\" cannot be written: is a symbolic link, not a regular file", failure.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Should_write_no_log_when_it_is_dev_null(bool isLink)
    {
        var path = isLink ? _directory.File("log") : "/dev/null";
        if (isLink)
        {
            File.CreateSymbolicLink(path, "/dev/null");
        }

        await Off(() =>
        {
            using var log = LogWriter.Open(Log(path) with { FollowsLinks = true });
            log.Information("now");
        });

        Assert.Equal(KataActors.Linux.FileKind.CharacterDevice, KataActors.Linux.FileStatus.TryOf("/dev/null")?.Kind);
    }

    private static LogSettings Log(string path) => new(LogEventLevel.Information, LogFormat.Text, path, 1024, 1);

    private static Task Off(Action action) => Task.Run(action).WaitAsync(Deadline.Span);
}
