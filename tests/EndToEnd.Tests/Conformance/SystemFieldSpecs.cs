namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>Mounts, namespaces, devices, limits and paths (<c>config.md</c>, <c>config-linux.md</c>) as a container finds them.</summary>
[Collection(RecordedLifeCollection.Name)]
public sealed class SystemFieldSpecs(RecordedLife life)
{
    // What an option makes visible in mountinfo, after a leading ! what it forbids; others change nothing that can be seen.
    private static readonly Dictionary<string, string[]> s_visible = new()
    {
        ["dev"] = ["!nodev"],
        ["diratime"] = ["!nodiratime"],
        ["dirsync"] = ["dirsync"],
        ["exec"] = ["!noexec"],
        ["lazytime"] = ["lazytime"],
        ["noatime"] = ["noatime", "!relatime"],
        ["nodev"] = ["nodev"],
        ["nodiratime"] = ["nodiratime"],
        ["noexec"] = ["noexec"],
        ["nolazytime"] = ["!lazytime"],
        ["nosuid"] = ["nosuid"],
        ["relatime"] = ["relatime"],
        ["ro"] = ["ro"],
        ["rw"] = ["rw", "!ro"],
        ["strictatime"] = ["!relatime", "!noatime"],
        ["suid"] = ["!nosuid"],
        ["sync"] = ["sync"],
    };

    [Clause("config/mounts/order")]
    public void Should_mount_in_the_listed_order() => Assert.Equal("/order:\ninner\n\n/order/inner:\nof-the-host\n\n/over:", life.Facts["order"]);

    [Clause("config/mounts/bind")]
    public void Should_mount_a_folder_of_the_host() => Assert.Equal("written", life.Facts["writable-mount"]);

    [Clause("config/mounts/bind-read-only")]
    public void Should_mount_a_folder_read_only() => Assert.Contains("Read-only file system", life.Facts["read-only-mount"], StringComparison.Ordinal);

    [Clause("config/mounts/options")]
    public void Should_implement_the_options_of_every_file_system() => Assert.All(FullBundle.Options, option =>
    {
        var options = life.Facts.MountOptions($"/option/{option}");
        Assert.All(s_visible.GetValueOrDefault(option, []), visible => Assert.Equal(!visible.StartsWith('!'), options.Contains(visible.TrimStart('!'))));
    });

    [Clause("linux/namespaces/new")]
    public void Should_make_new_namespaces() => Assert.Equal(("1", "lo", "conforming"), (life.Facts.Lines("pids")[0], life.Facts["links"], life.Facts["hostname"]));

    [Clause("linux/devices/default")]
    public void Should_supply_the_default_devices()
    {
        Assert.Equal(
            [
                "/dev/null character special file 1 3 666", "/dev/zero character special file 1 5 666", "/dev/full character special file 1 7 666",
                "/dev/random character special file 1 8 666", "/dev/urandom character special file 1 9 666", "/dev/tty character special file 5 0 666", "pts/ptmx",
            ],
            life.Facts.Lines("devices"));
        Assert.Equal(" 00 00 00", life.Facts["null"]);
    }

    [Clause("linux/resources/memory-limit")]
    public void Should_set_the_memory_limit() => Assert.Equal($"{FullBundle.MemoryLimit}", life.Facts["memory"]);

    [Clause("linux/resources/pids-limit")]
    public void Should_set_the_number_of_tasks() => Assert.Equal($"{FullBundle.MostProcesses}", life.Facts["tasks"]);

    [Clause("linux/masked-paths/hidden")]
    public void Should_hide_masked_paths() => Assert.Equal("", life.Facts["masked"]);

    [Clause("linux/readonly-paths/read-only")]
    public void Should_make_paths_read_only() => Assert.Contains("Read-only file system", life.Facts["read-only-path"], StringComparison.Ordinal);
}
