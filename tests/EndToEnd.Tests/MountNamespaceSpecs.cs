namespace KataActors.EndToEnd.Tests;

/// <summary>A caller whose bundle only its own mount namespace shows.</summary>
public sealed class MountNamespaceSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_share_a_rootfs_that_only_the_caller_sees()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.ShellBundle("echo inside >/from-container; echo written; read line; cat /from-caller");
        await using var caller = await CallerNamespace.EnterAsync(_daemon, bundle.Rootfs);
        var rootfs = caller.Path(bundle.Rootfs);
        TestBundle.FillRootfs(rootfs);
        var (read, write) = Descriptors.Pipe();
        using var _ = read;

        var run = caller.Start(read, "run", "--bundle", bundle.Path, _daemon.NewId());
        await run.OutputAsync("written\n");
        Assert.Equal("inside\n", await File.ReadAllTextAsync(Path.Combine(rootfs, "from-container"), TestContext.Current.CancellationToken));
        Assert.False(File.Exists(Path.Combine(bundle.Rootfs, "from-container")));
        Assert.Empty(HostSnapshot.Mounts(_daemon));
        await File.WriteAllTextAsync(Path.Combine(rootfs, "from-caller"), "outside\n", TestContext.Current.CancellationToken);
        BlockingStreams.Write(write, "go on\n"u8);
        write.Dispose();

        var result = (await run.FinishAsync()).MustSucceed();
        Assert.Equal("written\noutside\n", result.Output);
        Assert.Empty(HostSnapshot.Mounts(_daemon));
        await caller.DisposeAsync();
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_bring_a_bind_source_of_the_caller_and_keep_a_read_only_one()
    {
        var bundle = _daemon.ShellBundle("cat /data/file; echo more >/data/file; echo exit $?");
        var source = Path.Combine(bundle.Path, "source");
        Directory.CreateDirectory(source);
        Directory.CreateDirectory(Path.Combine(bundle.Rootfs, "data"));
        bundle.Spec["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/data",
            ["type"] = "bind",
            ["source"] = source,
            ["options"] = new JsonArray("rbind", "ro"),
        });
        bundle.Save();
        await using var caller = await CallerNamespace.EnterAsync(_daemon, source);
        await File.WriteAllTextAsync(Path.Combine(caller.Path(source), "file"), "content\n", TestContext.Current.CancellationToken);

        var run = await caller.Start(null, "run", "--bundle", bundle.Path, _daemon.NewId()).FinishAsync();

        Assert.StartsWith("content\nexit 1", run.MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal("content\n", await File.ReadAllTextAsync(Path.Combine(caller.Path(source), "file"), TestContext.Current.CancellationToken));
        Assert.Empty(HostSnapshot.Mounts(_daemon));
    }
}
