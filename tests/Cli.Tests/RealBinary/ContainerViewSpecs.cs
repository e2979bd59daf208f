using System.Text.Json.Nodes;
using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>What a caller finds in the mount namespace of a stand-in's pid: the container's files, never the host's.</summary>
public sealed class ContainerViewSpecs : IAsyncDisposable
{
    private readonly CliFixture _fixture = new();

    private string Rootfs => Path.Combine(_fixture.Bundle, "rootfs");

    public async ValueTask DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task Should_show_the_root_filesystem_with_its_bind_mounts()
    {
        var (shared, fixedOne) = (Folder("shared"), Folder("fixed"));
        await File.WriteAllTextAsync(Path.Combine(fixedOne, "name"), "fixed");
        await File.WriteAllTextAsync(_fixture.File("single"), "single");
        MakePlaces("data", "fixed");
        await File.WriteAllTextAsync(Path.Combine(Rootfs, "file"), "hidden");
        WriteMounts(Bind(shared, "/data", "rbind"), Bind(fixedOne, "/fixed", "rbind", "ro"), Bind(_fixture.File("single"), "/file", "bind"));

        var root = await CreateAsync();

        Assert.Equal(Identity(Rootfs), Identity(root));
        Assert.Equal(Identity(Rootfs), Identity(root + ".."));
        await File.WriteAllTextAsync(root + "new", "of a caller");
        await File.WriteAllTextAsync(root + "data/new", "in a bind mount");
        Assert.Equal("of a caller", await File.ReadAllTextAsync(Path.Combine(Rootfs, "new")));
        Assert.Equal("in a bind mount", await File.ReadAllTextAsync(Path.Combine(shared, "new")));
        Assert.Equal("fixed", await File.ReadAllTextAsync(root + "fixed/name"));
        Assert.Equal("single", await File.ReadAllTextAsync(root + "file"));
        Assert.Throws<IOException>(() => File.WriteAllText(root + "fixed/name", "changed"));
        Assert.Equal(["/", "/data", "/file", "/fixed"], MountPoints(root));
    }

    [Fact]
    public async Task Should_show_a_read_only_root_filesystem_as_one()
    {
        _fixture.WriteSpec(spec => spec["root"]!["readonly"] = true);

        var root = await CreateAsync();

        Assert.Throws<IOException>(() => File.WriteAllText(root + "new", ""));
        await File.WriteAllTextAsync(Path.Combine(Rootfs, "new"), "");
    }

    [Fact]
    public async Task Should_show_an_empty_read_only_folder_in_place_of_what_only_the_guest_has()
    {
        MakePlaces("scratch");
        await File.WriteAllTextAsync(Path.Combine(Rootfs, "scratch", "below"), "");
        WriteMounts(new JsonObject { ["destination"] = "/scratch", ["type"] = "tmpfs", ["source"] = "tmpfs" });

        var root = await CreateAsync();

        Assert.Empty(Directory.GetFileSystemEntries(root + "scratch"));
        Assert.Throws<IOException>(() => File.WriteAllText(root + "scratch/new", ""));
    }

    [Fact]
    public async Task Should_make_no_places_and_follow_no_link_out_of_the_root()
    {
        var outside = Folder("outside");
        File.CreateSymbolicLink(Path.Combine(Rootfs, "link"), outside);
        WriteMounts(Bind(Folder("shared"), "/link", "bind"), Bind(outside, "/missing", "bind"));

        var root = await CreateAsync();

        Assert.Equal(["/"], MountPoints(root));
        Assert.False(Directory.Exists(Path.Combine(Rootfs, "missing")));
        Assert.DoesNotContain(MountInfo.ReadOwn(), mount => mount.MountPoint.StartsWith(_fixture.File(""), StringComparison.Ordinal));
    }

    // The places that a container's creation makes are seen: they are looked for afterwards.
    [Fact]
    public async Task Should_show_a_bind_mount_whose_place_is_made_meanwhile()
    {
        _fixture.OnCreate = (_, _) =>
        {
            MakePlaces("data");
            return Task.CompletedTask;
        };
        WriteMounts(Bind(Folder("shared"), "/data", "bind"));

        Assert.Equal(["/", "/data"], MountPoints(await CreateAsync()));
    }

    [Fact]
    public async Task Should_show_nothing_for_an_added_process()
    {
        var container = _fixture.AddRunning("c1");
        using var exec = _fixture.Start(["exec", "c1", "sh"]);
        await container.AddedAsync();

        var root = $"/proc/{Assert.Single(_fixture.StandIns, standIn => standIn.Pid != 0).Pid}/root/";

        Assert.Empty(Directory.GetFileSystemEntries(root));
        Assert.Throws<IOException>(() => File.WriteAllText(root + "new", ""));
        Assert.Equal(["/"], MountPoints(root));
    }

    // They reach the daemon by a path, and may start it.
    [Fact]
    public async Task Should_leave_the_hosts_files_to_the_threads_that_work()
    {
        var pid = await _fixture.CreateAsync("c1");
        _fixture.Daemon!["c1"].Start();
        await Eventually.HoldsAsync(() => Threads().Length > 3);
        using (var standIn = Pidfd.TryOpen(ProcessIdentity.TryRead(pid)!.Value)!)
        {
            Assert.True(standIn.Signal(Signals.SIGUSR1));
        }

        await _fixture.Daemon["c1"].WaitUntilAsync(container => container.Signals.Count == 1);

        Assert.All(Threads(), thread => Assert.Equal(Identity("/"), RootOf(thread) ?? Identity("/")));

        string[] Threads() => [.. Directory.GetDirectories($"/proc/{pid}/task").Where(thread => Path.GetFileName(thread) != $"{pid}")];
    }

    private async Task<string> CreateAsync() => $"/proc/{await _fixture.CreateAsync("c1")}/root/";

    private string Folder(string name) => Directory.CreateDirectory(_fixture.File(name)).FullName;

    private void MakePlaces(params string[] names) => Array.ForEach(names, name => Directory.CreateDirectory(Path.Combine(Rootfs, name)));

    private void WriteMounts(params JsonNode[] mounts) => _fixture.WriteSpec(spec =>
    {
        spec["root"]!["readonly"] = false;
        spec["mounts"] = new JsonArray(mounts);
    });

    private static JsonObject Bind(string source, string destination, params JsonNode[] options) =>
        new() { ["destination"] = destination, ["type"] = "bind", ["source"] = source, ["options"] = new JsonArray(options) };

    private static ((uint, uint) Device, ulong Inode) Identity(string path)
    {
        using var file = Descriptors.Open(path, OpenFlags.Path | OpenFlags.Directory);
        var status = FileStatus.Of(file);
        return (status.Device, status.Inode);
    }

    // Null for a thread that has ended meanwhile.
    private static ((uint, uint) Device, ulong Inode)? RootOf(string thread)
    {
        try
        {
            return Identity($"{thread}/root/");
        }
        catch (LinuxException) when (!Directory.Exists(thread))
        {
            return null;
        }
    }

    private static IEnumerable<string> MountPoints(string root) =>
        MountInfo.Parse(File.ReadAllText(root.Replace("/root/", "/mountinfo", StringComparison.Ordinal)))
            .Select(mount => mount.MountPoint).Order(StringComparer.Ordinal);
}
