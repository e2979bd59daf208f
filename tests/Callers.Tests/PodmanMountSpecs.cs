namespace KataActors.Callers.Tests;

/// <summary>The mounts that podman's options ask for.</summary>
[Collection(PodmanCollection.Name)]
public sealed class PodmanMountSpecs(Podman podman)
{
    [Fact]
    public async Task Should_begin_a_tmpfs_with_the_images_files()
    {
        var result = (await podman.RunScriptAsync("cat /etc/passwd; touch /etc/new && grep -c ' /etc ' /proc/mounts", "--tmpfs", "/etc:size=1m")).MustExit(0);

        Assert.Equal("root:x:0:0:root:/:/bin/sh\n1\n", result.Output);
    }

    [Fact]
    public async Task Should_run_on_a_read_only_image_with_podmans_own_tmpfs()
    {
        var result = (await podman.RunScriptAsync("touch /bin/x || echo refused; touch /tmp/x /run/x && echo written", "--read-only")).MustExit(0);

        Assert.Equal("refused\nwritten\n", result.Output);
    }

    [Fact]
    public async Task Should_size_the_shared_memory()
    {
        var result = (await podman.RunScriptAsync("grep ' /dev/shm ' /proc/mounts", "--shm-size", "3m")).MustExit(0);

        Assert.Contains(",noexec,", result.Output, StringComparison.Ordinal);
        Assert.Contains("size=3072k", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_keep_the_hosts_folder_when_a_volume_is_an_overlay_of_it()
    {
        var volume = Directory.CreateDirectory(Path.Combine(podman.Runtime.Directory, "below")).FullName;
        await File.WriteAllTextAsync(Path.Combine(volume, "file"), "from the host\n", TestContext.Current.CancellationToken);

        var result = (await podman.RunScriptAsync("cat /data/file; echo changed > /data/file; touch /data/new; cat /data/file", "-v", $"{volume}:/data:O")).MustExit(0);

        Assert.Equal("from the host\nchanged\n", result.Output);
        Assert.Equal("from the host\n", await File.ReadAllTextAsync(Path.Combine(volume, "file"), TestContext.Current.CancellationToken));
        Assert.False(File.Exists(Path.Combine(volume, "new")));
    }

    [Fact]
    public async Task Should_take_a_volume_that_follows_the_host_and_warn_that_it_does_not()
    {
        var volume = Directory.CreateDirectory(Path.Combine(podman.Runtime.Directory, "following")).FullName;

        (await podman.RunScriptAsync("touch /data/x", "-v", $"{volume}:/data:rslave")).MustExit(0);

        Assert.True(File.Exists(Path.Combine(volume, "x")));
        Assert.Contains("later mounts of the host do not appear below the volume", podman.Runtime.Log, StringComparison.Ordinal);
    }
}
