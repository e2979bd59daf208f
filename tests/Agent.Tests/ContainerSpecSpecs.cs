using System.Globalization;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>The effects of a spec, as seen by the container's own process in a real guest.</summary>
public sealed class ContainerSpecSpecs(GuestFixture guest)
{
    private static readonly EnumerationOptions s_ownFolders = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    [Fact]
    public async Task Should_be_the_first_process_in_namespaces_of_its_own()
    {
        var container = await guest.ContainerAsync("sh", "-c", "echo $$; ls -d /proc/[0-9]* | wc -l; cat /proc/1/cgroup");

        var lines = (await container.RunAsync()).Output.Split('\n');

        Assert.Equal("1", lines[0]);
        Assert.InRange(int.Parse(lines[1], CultureInfo.InvariantCulture), 1, 3);
        Assert.Equal("0::/", lines[2]);
    }

    [Fact]
    public async Task Should_run_as_the_user_with_groups_umask_home_environment_and_cwd_of_the_spec()
    {
        var container = await guest.ContainerAsync("sh", "-c", "id -u; id -g; id -G; umask; echo $HOME; echo $GREETING; pwd");
        container.Spec.Process.User = new User { UID = 1000, GID = 1001, AdditionalGids = { 10, 20 }, Umask = 0x3f };
        container.Spec.Process.Env.Add("GREETING=hi there");
        container.Spec.Process.Cwd = "/made/for/me";

        var (code, output, error) = await container.RunAsync();

        Assert.Equal("", error);
        Assert.Equal(["1000", "1001", "1001 10 20", "0077", "/srv/web", "hi there", "/made/for/me"], output.Split('\n'));
        Assert.Equal(0, code);
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(1234u, 1234u)]
    [InlineData(1000u, 0u)]
    public async Task Should_open_its_standard_streams_by_name_whoever_the_user_is(uint user, uint group)
    {
        var container = await guest.ContainerAsync(
            "sh", "-c", "cat /dev/stdin > /dev/stdout; echo error > /dev/stderr; echo again > /proc/self/fd/1; stat -L -c %u:%g /dev/stdin /dev/stdout /dev/stderr");
        container.Spec.Process.User = new User { UID = user, GID = group };
        await container.CreateAsync();
        Assert.Equal(6u, await container.WriteAsync(0, "input\n"u8.ToArray()));
        await container.CloseInputAsync(6);
        await container.StartAsync();

        var (output, error) = (await container.ReadToEndAsync(), await container.ReadToEndAsync(error: true));

        Assert.Equal("error\n", System.Text.Encoding.UTF8.GetString(error));
        Assert.Equal($"input\nagain\n{user}:0\n{user}:0\n{user}:0\n", System.Text.Encoding.UTF8.GetString(output));
        Assert.Equal(0, await container.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_have_exactly_the_capabilities_of_the_spec()
    {
        var container = await guest.ContainerAsync("grep", "Cap", "/proc/self/status");
        container.Spec.Process.User.UID = 1000;
        container.Spec.Process.Capabilities = new LinuxCapabilities
        {
            Bounding = { "CAP_CHOWN", "CAP_NET_RAW", "CAP_KILL" },
            Permitted = { "CAP_NET_RAW", "CAP_KILL" },
            Effective = { "CAP_NET_RAW" },
            Inheritable = { "CAP_NET_RAW" },
            Ambient = { "CAP_NET_RAW" },
        };

        var output = (await container.RunAsync()).Output;

        // A user other than root keeps only the ambient capabilities after execve.
        Assert.Equal("CapInh:0000000000002000 CapPrm:0000000000002000 CapEff:0000000000002000 CapBnd:0000000000002021 CapAmb:0000000000002000",
            output.Replace("\t", "", StringComparison.Ordinal).Replace('\n', ' '));
    }

    [Fact]
    public async Task Should_have_no_capability_when_the_spec_names_none()
    {
        var container = await guest.ContainerAsync("grep", "CapEff\\|CapBnd\\|NoNewPrivs", "/proc/self/status");
        container.Spec.Process.Capabilities = null;
        container.Spec.Process.NoNewPrivileges = true;

        Assert.Equal("CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1", (await container.RunAsync()).Output);
    }

    [Fact]
    public async Task Should_set_rlimits_and_the_oom_score()
    {
        var container = await guest.ContainerAsync("sh", "-c", "ulimit -n; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj");
        container.Spec.Process.Rlimits.Add(new POSIXRlimit { Type = "RLIMIT_NOFILE", Soft = 123, Hard = 4567 });
        container.Spec.Process.Rlimits.Add(new POSIXRlimit { Type = "RLIMIT_CORE", Soft = 0, Hard = 0 });
        container.Spec.Process.OOMScoreAdj = -500;

        Assert.Equal("123\n4567\n0\n-500", (await container.RunAsync()).Output);
    }

    [Fact]
    public async Task Should_start_with_default_signals_a_session_of_its_own_and_no_stray_descriptor()
    {
        var container = await guest.ContainerAsync("sh", "-c", "grep 'SigBlk\\|SigIgn\\|SigCgt' /proc/self/status; cut -d' ' -f6 /proc/1/stat; exec ls /proc/self/fd");
        File.CreateSymbolicLink(Path.Combine(container.RootOnHost, "bin/cut"), "busybox");

        var output = (await container.RunAsync()).Output.Split('\n');

        Assert.Equal(["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "SigCgt:\t0000000000000000", "1"], output[..4]);
        // ls itself opens the folder.
        Assert.Equal(["0", "1", "2", "3"], output[4..]);
    }

    [Fact]
    public async Task Should_end_a_writer_whose_reader_has_gone()
    {
        var container = await guest.ContainerAsync("sh", "-c", "yes | head -n 1");

        Assert.Equal((0, "y"), ((await container.RunAsync()) is var run ? (run.Code, run.Output) : default));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Should_have_the_devices_that_the_runtime_spec_promises(bool mounted)
    {
        var container = await guest.ContainerAsync("sh", "-c",
            "for d in null zero full random urandom tty; do stat -c '%n %t,%T %a' /dev/$d; done; for l in ptmx fd stdin stdout stderr; do readlink /dev/$l; done; echo x > /dev/null; stat -c '%F %a %u' /dev/mine");
        container.Spec.Linux.Devices.Add(new LinuxDevice { Path = "/dev/mine", Type = "c", Major = 1, Minor = 3, FileMode = 0x1b0, UID = 7 });
        if (!mounted)
        {
            container.Spec.Mounts.Remove(container.Spec.Mounts.Single(mount => mount.Destination == "/dev"));
        }

        var output = (await container.RunAsync()).Output.Split('\n');

        Assert.Equal(["/dev/null 1,3 666", "/dev/zero 1,5 666", "/dev/full 1,7 666", "/dev/random 1,8 666", "/dev/urandom 1,9 666", "/dev/tty 5,0 666"], output[..6]);
        Assert.Equal(["pts/ptmx", "/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"], output[6..11]);
        Assert.Equal("character special file 660 7", output[11]);
    }

    [Fact]
    public async Task Should_mount_as_the_spec_says()
    {
        var container = await guest.ContainerAsync("sh", "-c", "cat /proc/self/mountinfo");
        container.Spec.Mounts.Add(new Mount { Destination = "/tmp", Type = "tmpfs", Source = "tmpfs", Options = { "noexec", "nosuid", "size=1m", "tmpcopyup" } });

        var lines = (await container.RunAsync()).Output.Split('\n').Select(line => line.Split(' ')).ToDictionary(fields => fields[4], fields => string.Join(' ', fields));

        Assert.Contains(" rw,nosuid,nodev,noexec", lines["/proc"], StringComparison.Ordinal);
        Assert.Contains(" ro,nosuid,nodev,noexec", lines["/sys"], StringComparison.Ordinal);
        Assert.Contains("cgroup2", lines["/sys/fs/cgroup"], StringComparison.Ordinal);
        Assert.Contains(" ro,", lines["/sys/fs/cgroup"], StringComparison.Ordinal);
        Assert.Contains("mode=755", lines["/dev"], StringComparison.Ordinal);
        Assert.Contains("gid=5,mode=620,ptmxmode=666", lines["/dev/pts"], StringComparison.Ordinal);
        Assert.Contains(" rw,nosuid,noexec", lines["/tmp"], StringComparison.Ordinal);
        Assert.Contains("size=1024k", lines["/tmp"], StringComparison.Ordinal);
        Assert.Contains("mqueue", lines["/dev/mqueue"], StringComparison.Ordinal);
        Assert.Contains(" ro,", lines["/proc/sys"], StringComparison.Ordinal);
        Assert.DoesNotContain(lines.Keys, path => path.StartsWith("/run/kata", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_bind_files_and_folders_of_the_share_and_see_changes_at_once()
    {
        var container = await guest.ContainerAsync("sh", "-c", "cat /data/sub/in /etc/one; echo back > /data/out; echo no > /fixed/x");
        var folder = Directory.CreateDirectory(Path.Combine(container.Vm.Share, container.Id, "mounts/0/sub")).Parent!.FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "sub/in"), "from the host\n");
        var file = Path.Combine(container.Vm.Share, container.Id, "mounts/1");
        await File.WriteAllTextAsync(file, "one file\n");
        var shared = $"{GuestFixture.SharedFolder}/{container.Id}/mounts";
        container.Spec.Mounts.Add(new Mount { Destination = "/data", Type = "bind", Source = $"{shared}/0", Options = { "rbind", "rprivate", "rw" } });
        container.Spec.Mounts.Add(new Mount { Destination = "/etc/one", Type = "bind", Source = $"{shared}/1", Options = { "bind", "ro" } });
        container.Spec.Mounts.Add(new Mount { Destination = "/fixed", Type = "bind", Source = $"{shared}/0", Options = { "rbind", "ro" } });

        var (_, output, error) = await container.RunAsync();

        Assert.Equal("from the host\none file", output);
        Assert.Contains("Read-only file system", error, StringComparison.Ordinal);
        Assert.Equal("back\n", await File.ReadAllTextAsync(Path.Combine(folder, "out")));
    }

    [Theory]
    [InlineData("/escape/x")]
    [InlineData("/../../../outside")]
    [InlineData("/link-up/y")]
    public async Task Should_keep_mount_points_inside_the_root_when_links_point_out(string destination)
    {
        var container = await guest.ContainerAsync("sh", "-c", "grep -c marker /proc/self/mountinfo");
        File.CreateSymbolicLink(Path.Combine(container.RootOnHost, "escape"), "/etc");
        File.CreateSymbolicLink(Path.Combine(container.RootOnHost, "link-up"), "../../../../../..");
        container.Spec.Mounts.Add(new Mount { Destination = destination, Type = "tmpfs", Source = "marker", Options = { "nodev" } });

        Assert.Equal((0, "1"), (await container.RunAsync()) is var run ? (run.Code, run.Output) : default);
        // The folder was made below the container's own root.
        Assert.Single(Directory.EnumerateDirectories(container.RootOnHost, Path.GetFileName(destination), s_ownFolders));
    }

    [Fact]
    public async Task Should_hide_masked_paths_and_refuse_writes_to_read_only_ones()
    {
        var container = await guest.ContainerAsync("sh", "-c", "cat /etc/secret; ls /hidden; echo x > /etc/fixed || echo refused");
        await File.WriteAllTextAsync(Path.Combine(container.RootOnHost, "etc/secret"), "secret");
        await File.WriteAllTextAsync(Path.Combine(container.RootOnHost, "etc/fixed"), "fixed");
        Directory.CreateDirectory(Path.Combine(container.RootOnHost, "hidden/inside"));
        container.Spec.Linux.MaskedPaths.AddRange(["/etc/secret", "/hidden", "/not/there"]);
        container.Spec.Linux.ReadonlyPaths.AddRange(["/etc/fixed", "/not/there/either"]);

        Assert.Equal("refused", (await container.RunAsync()).Output);
        Assert.Equal("fixed", await File.ReadAllTextAsync(Path.Combine(container.RootOnHost, "etc/fixed")));
    }

    [Fact]
    public async Task Should_refuse_writes_to_a_read_only_root_but_not_to_its_mounts()
    {
        var container = await guest.ContainerAsync("sh", "-c", "touch /x || echo refused; touch /dev/shm/x && echo written");
        container.Spec.Root.Readonly = true;

        Assert.Equal("refused\nwritten", (await container.RunAsync()).Output);
    }

    [Fact]
    public async Task Should_leave_no_way_out_of_the_root_for_a_process_that_may_chroot()
    {
        var container = await guest.ContainerAsync("sh", "-c", "mkdir /cage; busybox chroot /cage true; cd /; busybox chroot . ls /; ls -a /.. | grep -c init");

        var (_, output, _) = await container.RunAsync();

        Assert.EndsWith("\n0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_have_loopback_up()
    {
        var container = await guest.ContainerAsync("busybox", "ping", "-c", "1", "-w", "5", "127.0.0.1");
        container.Spec.Process.Capabilities.Bounding.Add("CAP_NET_RAW");
        container.Spec.Process.Capabilities.Permitted.Add("CAP_NET_RAW");
        container.Spec.Process.Capabilities.Effective.Add("CAP_NET_RAW");

        Assert.Equal(0, (await container.RunAsync()).Code);
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("nul\0")]
    public async Task Should_refuse_an_id_that_is_no_name(string id)
    {
        var container = await guest.ContainerAsync("true");

        await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, () => container.Vm.Agent.CreateContainerAsync(
            new CreateContainerRequest { ContainerId = id, ExecId = id, OCI = container.Spec }, GuestVm.CallTimeout, CancellationToken.None));
    }
}
