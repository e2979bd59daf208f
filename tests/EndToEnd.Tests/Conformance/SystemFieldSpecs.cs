using System.Globalization;

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
        ["nosymfollow"] = ["nosymfollow"],
        ["relatime"] = ["relatime"],
        ["ro"] = ["ro"],
        ["rw"] = ["rw", "!ro"],
        ["strictatime"] = ["!relatime", "!noatime"],
        ["suid"] = ["!nosuid"],
        ["symfollow"] = ["!nosymfollow"],
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
        Assert.All(s_visible.GetValueOrDefault(FullBundle.Recursive.Contains(option) ? option[1..] : option, []), visible => Assert.Equal(!visible.StartsWith('!'), options.Contains(visible.TrimStart('!'))));
    });

    [Clause("config/mounts/destination-relative")]
    public void Should_take_a_relative_destination_from_the_root() => Assert.Contains("rw", life.Facts.MountOptions("/relative/place"));

    [Clause("config/mounts/remount")]
    public void Should_change_the_attributes_of_a_mount() => Assert.Equal(["ro", "nosuid"], life.Facts.MountOptions("/remounted").Intersect(["ro", "nosuid", "nodev"]));

    [Clause("config/mounts/propagation")]
    public void Should_give_mounts_their_propagation() => Assert.All(FullBundle.Propagations, propagation => Assert.Equal(
        propagation switch { "shared" or "rshared" => ["shared"], "unbindable" or "runbindable" => ["unbindable"], _ => [] },
        life.Facts.Propagation($"/propagation/{propagation}")));

    [Clause("linux/rootfs-propagation")]
    public void Should_give_the_root_its_propagation() => Assert.Equal(["shared"], life.Facts.Propagation("/"));

    [Clause("linux/namespaces/path")]
    public void Should_join_the_namespace_at_a_path() => Assert.Equal("100", life.PlainFacts["joined"]);

    [Clause("linux/user-namespace")]
    public void Should_map_users_and_groups() => Assert.Equal(
        ["0", "100000", "1000", "0", "200000", "2000"], life.OwnFacts.Words("users", "").Concat(life.OwnFacts.Words("groups", "")));

    [Clause("linux/time-offsets")]
    public void Should_set_clocks_ahead()
    {
        Assert.InRange(double.Parse(life.OwnFacts.Words("uptime", "")[0], CultureInfo.InvariantCulture), 1_000_000, 1_100_000);
        Assert.Equal(["5", "7"], life.OwnFacts.Words("clocks", "monotonic"));
    }

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

    [Clause("linux/devices/available")]
    public void Should_make_the_devices_of_the_configuration() => Assert.Equal("character special file a e5 600 1000 1001", life.Facts.Lines("device")[0]);

    [Clause("linux/devices/mismatch")]
    public void Should_refuse_a_device_whose_place_is_taken() => life["create at a taken place"].MustFail(1, "\"/tmp/taken\" is taken by another file, a regular file");

    [Clause("linux/devices/console")]
    public void Should_make_the_console_of_the_terminal() => Assert.Equal(life.OwnFacts.Lines("consoles")[0], life.OwnFacts.Lines("consoles")[1]);

    [Clause("linux/cgroups/ownership")]
    public void Should_give_the_group_but_not_its_limits_to_the_user_that_may_write_it() =>
        Assert.Equal([". 0", "cgroup.procs 0", "cgroup.subtree_control 0", "cgroup.threads 0", "pids.max 65534", "entered"], life.OwnFacts.Lines("group"));

    [Clause("linux/resources/devices")]
    public void Should_follow_the_rules_of_devices_in_their_order()
    {
        Assert.Equal("opened", life.Facts.Lines("device")[1]);
        Assert.EndsWith("can't create /dev/mine: Operation not permitted", life.Facts.Lines("device")[2], StringComparison.Ordinal);
    }

    [Clause("linux/resources/check-before-update")]
    public void Should_refuse_a_limit_below_the_usage_when_it_shall_be_checked() => life["update below the usage"].MustFail(1, "memory");

    [Clause("linux/unified/controllers")]
    public void Should_enable_the_controllers() => Assert.Equal("4194304", life.Facts.Lines("unified")[0]);

    [Clause("linux/unified/unknown")]
    public void Should_write_files_that_have_no_field_of_their_own() => Assert.Equal("1", life.Facts.Lines("unified")[1]);

    [Clause("linux/unified/absent")]
    public void Should_refuse_a_file_of_a_controller_that_is_absent() => life["create without its controller"].MustFail(1, "hugetlb.1GB.max");

    [Clause("linux/sysctl")]
    public void Should_set_kernel_parameters() => Assert.Equal("1000", life.Facts.Lines("kernel")[1]);

    [Clause("linux/seccomp/filter")]
    public void Should_apply_the_filter() => Assert.Equal("mkdir: can't create directory '/tmp/filtered': Operation not supported", life.Facts["filter"]);

    [Clause("linux/personality")]
    public void Should_apply_the_execution_domain() => Assert.Equal("i686", life.Facts.Lines("kernel")[2]);

    [Clause("linux/resources/memory-limit")]
    public void Should_set_the_memory_limit() => Assert.Equal($"{FullBundle.MemoryLimit}", life.Facts["memory"]);

    [Clause("linux/resources/pids-limit")]
    public void Should_set_the_number_of_tasks() => Assert.Equal($"{FullBundle.MostProcesses}", life.Facts["tasks"]);

    [Clause("linux/masked-paths/hidden")]
    public void Should_hide_masked_paths() => Assert.Equal("", life.Facts["masked"]);

    [Clause("linux/readonly-paths/read-only")]
    public void Should_make_paths_read_only() => Assert.Contains("Read-only file system", life.Facts["read-only-path"], StringComparison.Ordinal);
}
