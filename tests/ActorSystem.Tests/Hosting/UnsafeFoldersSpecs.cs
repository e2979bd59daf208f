using KataActors.Runtime.Factory;
using KataActors.Runtime.Hosting;
using KataActors.Runtime.Persistence;
using KataActors.TestSupport;
using Microsoft.Data.Sqlite;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

/// <summary>
/// The run directory, the state directory and the template's folder belong to the daemon alone, and no other user can replace them.
/// </summary>
public sealed class UnsafeFoldersSpecs : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    // On a file system in memory, where a template is allowed.
    private readonly string _directory = Directory.CreateDirectory($"/dev/shm/ka-{Guid.NewGuid():N}", RunDirectory.DirectoryMode).FullName;

    public static TheoryData<string, string> All => UnsafeFolders.All;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Should_refuse_a_run_directory_that_is_not_the_daemons_alone(string script, string cause)
    {
        var folder = await UnsafeFolders.MakeAsync(_directory, script);
        var before = await UnsafeFolders.ListAsync(_directory);

        var failure = await Assert.ThrowsAsync<StartupException>(() => RunDirectory.ClaimAsync(new DaemonPaths($"{folder}/daemon.sock", $"{_directory}/state"), s_patience, Deadline.Token));

        Assert.StartsWith($"run directory \"{folder}\" cannot be used: ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith(cause, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, await UnsafeFolders.ListAsync(_directory));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Should_refuse_a_state_directory_that_is_not_the_daemons_alone(string script, string cause)
    {
        var folder = await UnsafeFolders.MakeAsync(_directory, script);
        var before = await UnsafeFolders.ListAsync(_directory);

        var failure = Assert.Throws<StartupException>(() => JournalFile.Prepare($"{folder}/journal.db"));

        Assert.StartsWith($"journal \"{folder}/journal.db\" cannot be used: ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith(cause, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, await UnsafeFolders.ListAsync(_directory));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Should_refuse_a_template_folder_that_is_not_the_daemons_alone(string script, string cause)
    {
        var folder = await UnsafeFolders.MakeAsync(_directory, script);
        var before = await UnsafeFolders.ListAsync(_directory);

        var failure = Assert.Throws<StartupException>(() => FactoryRestrictions.Check(
            new FactorySettings(EnableTemplate: true, TemplatePath: "", PoolMinimum: 0, PoolMaximum: 0, ConcurrentBoots: 1), folder));

        Assert.Contains(cause, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, await UnsafeFolders.ListAsync(_directory));
    }

    [Theory]
    [InlineData("")]
    [InlineData("mkdir x")]
    [InlineData("mkdir -m 755 real; ln -s real x")]
    [InlineData("chmod 1777 .; mkdir -m 700 x")]
    [InlineData("mkdir real; mkdir -m 700 real/x; mv real y; ln -s y/x x")]
    public async Task Should_take_a_folder_of_its_own_wherever_it_is(string script)
    {
        var folder = await UnsafeFolders.MakeAsync(_directory, script.Length == 0 ? ":" : script);

        (await RunDirectory.ClaimAsync(new DaemonPaths($"{folder}/daemon.sock", $"{folder}/state"), s_patience, Deadline.Token)).Dispose();
        JournalFile.Prepare($"{folder}/state/journal.db");
        FactoryRestrictions.Check(new FactorySettings(EnableTemplate: true, TemplatePath: "", PoolMinimum: 0, PoolMaximum: 0, ConcurrentBoots: 1), folder);

        Assert.Equal(["daemon.instance", "state"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order());
        Assert.Equal(RunDirectory.DirectoryMode, File.GetUnixFileMode($"{folder}/state"));
    }
}
