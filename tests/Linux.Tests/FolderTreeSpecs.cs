using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class FolderTreeSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Tree => _directory.File("tree");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Should_remove_all_of_it_and_nothing_that_a_link_leads_to()
    {
        _directory.Write("kept", "");
        await ChildScript.RunAsync($"cd {_directory.Path}; mkdir -p tree/a/b tree/c; touch tree/a/b/.hidden; mkfifo tree/c/f; ln -s .. tree/c/up; ln -s ../kept tree/k");

        Assert.True(FolderTree.Remove(Tree));
        Assert.False(FolderTree.Remove(Tree));

        Assert.Equal(["kept"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Should_remove_entries_whatever_the_bytes_of_their_names_are()
    {
        await ChildScript.RunAsync($"cd {_directory.Path}; mkdir -p tree/a; touch tree/a/other $(printf 'tree/a/\\377'); mkdir $(printf 'tree/\\376'); touch $(printf 'tree/\\376/\\377')");

        Assert.True(FolderTree.Remove(Tree));

        Assert.False(Directory.Exists(Tree));
    }

    [Fact]
    public async Task Should_leave_files_alone_where_they_go_with_their_folder()
    {
        await ChildScript.RunAsync($"cd {_directory.Path}; mkdir -p tree/a/b tree/c; touch tree/c/file");

        var failure = Assert.Throws<LinuxException>(() => FolderTree.RemoveFolders(Tree));

        Assert.Equal(("rmdir", Path.Combine(Tree, "c"), Errno.ENOTEMPTY), (failure.Call, failure.Subject, failure.Errno));
        Assert.True(File.Exists(Path.Combine(Tree, "c/file")));
    }

    [Fact]
    public async Task Should_remove_the_rest_when_others_remove_it_too()
    {
        await ChildScript.RunAsync($"cd {_directory.Path}; mkdir tree; cd tree; seq 3000 | xargs touch");

        var removals = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() => FolderTree.Remove(Tree), TaskCreationOptions.LongRunning)));

        Assert.Contains(true, removals);
        Assert.False(Directory.Exists(Tree));
    }

    [Fact]
    public void Should_have_nothing_to_do_where_the_folder_above_is_missing() => Assert.False(FolderTree.Remove(Path.Combine(Tree, "below")));

    [Fact]
    public void Should_remove_the_link_when_the_folder_is_one()
    {
        _directory.Write("kept", "");
        File.CreateSymbolicLink(Tree, _directory.Path);

        Assert.True(FolderTree.Remove(Tree));

        Assert.True(File.Exists(_directory.File("kept")));
    }

    [Theory]
    [InlineData("tree/a")]
    [InlineData("tree")]
    public void Should_remove_nothing_of_what_is_mounted_there(string place)
    {
        var source = Directory.CreateDirectory(_directory.File("source")).FullName;
        _directory.Write("source/kept", "");
        var target = Directory.CreateDirectory(_directory.File(place)).FullName;

        var failure = NamespaceThread.Run(
            () =>
            {
                Mounts.MakeRprivate("/");
                Mounts.Mount(source, target, null, MountOptions.Bind);
                return Record.Exception(() => FolderTree.Remove(Tree));
            },
            NamespaceEntry.Unshare(NamespaceKinds.Mount));

        Assert.Equal(Errno.EBUSY, Assert.IsType<LinuxException>(failure).Errno);
        Assert.True(File.Exists(Path.Combine(source, "kept")));
    }

    [Fact]
    public void Should_give_up_where_folders_lie_too_deep()
    {
        Directory.CreateDirectory(Path.Combine(Tree, string.Join('/', Enumerable.Repeat("x", 100))));

        Assert.EndsWith("folders deep", Assert.Throws<LinuxException>(() => FolderTree.Remove(Tree)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_see_whether_its_root_is_the_namespaces_own() => Assert.True(RootDirectory.IsThatOfItsMountNamespace());
}
