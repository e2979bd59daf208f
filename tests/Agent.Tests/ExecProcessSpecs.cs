using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>The properties of an exec, as seen by its own process in a real guest.</summary>
public sealed class ExecProcessSpecs(GuestFixture guest)
{
    [Fact]
    public async Task Should_be_in_every_namespace_of_the_container_and_its_cgroup_and_root()
    {
        var container = await RunningAsync();

        var run = await container.Exec("e", "sh", "-c",
            "for n in mnt pid ipc uts cgroup net; do [ $(readlink /proc/self/ns/$n) = $(readlink /proc/1/ns/$n) ] || echo other $n; done; "
            + "ps | grep -c '[s]leep 1000'; cat /proc/self/cgroup; cat /proc/self/mountinfo > /tmp/own; cat /proc/1/mountinfo > /tmp/first; busybox cmp /tmp/own /tmp/first; ls -d /init").RunAsync();

        Assert.Equal(("1\n0::/", "ls: /init: No such file or directory"), (run.Output, run.Error));
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_run_as_its_own_user_with_groups_umask_home_environment_and_cwd()
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "sh", "-c", "id -u; id -g; id -G; umask; echo $HOME; echo $GREETING; pwd");
        exec.Process.User = new User { UID = 1000, GID = 1001, AdditionalGids = { 10, 20 }, Umask = 0x3f };
        exec.Process.Env.Add("GREETING=hi there");
        exec.Process.Cwd = "/tmp";

        Assert.Equal((0, "1000\n1001\n1001 10 20\n0077\n/srv/web\nhi there\n/tmp", ""), await exec.RunAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_have_its_own_capabilities_limits_and_oom_score()
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "sh", "-c", "grep 'CapPrm\\|CapEff\\|CapBnd\\|NoNewPrivs' /proc/self/status; ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj");
        exec.Process.Capabilities = new LinuxCapabilities { Bounding = { "CAP_CHOWN", "CAP_KILL" }, Permitted = { "CAP_KILL" }, Effective = { "CAP_KILL" } };
        exec.Process.NoNewPrivileges = true;
        exec.Process.Rlimits.Add(new POSIXRlimit { Type = "RLIMIT_NOFILE", Soft = 123, Hard = 4567 });
        exec.Process.OOMScoreAdj = -500;

        var run = await exec.RunAsync();

        // Without new privileges the user root does not get all of its bounding set.
        Assert.Equal(
            ["CapPrm:\t0000000000000020", "CapEff:\t0000000000000020", "CapBnd:\t0000000000000021", "NoNewPrivs:\t1", "123", "4567", "-500"],
            run.Output.Split('\n'));
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_start_with_default_signals_a_session_of_its_own_and_no_stray_descriptor()
    {
        var container = await RunningAsync();

        var output = (await container.Exec("e", "sh", "-c",
            "grep 'SigBlk\\|SigIgn\\|SigCgt' /proc/self/status; [ $(busybox cut -d' ' -f6 /proc/$$/stat) = $$ ] && echo leads; exec ls /proc/self/fd").RunAsync()).Output.Split('\n');

        // ls itself opens the folder.
        Assert.Equal(["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "SigCgt:\t0000000000000000", "leads", "0", "1", "2", "3"], output);
        await container.RemoveAsync();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1234u)]
    public async Task Should_open_its_standard_streams_by_name_whoever_the_user_is(uint user)
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "sh", "-c", "echo out > /dev/stdout; echo err > /dev/stderr");
        exec.Process.User = new User { UID = user, GID = user };

        Assert.Equal((0, "out", "err"), await exec.RunAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_find_the_containers_mounts_when_its_root_is_read_only()
    {
        var container = await guest.ContainerAsync("sleep", "1000");
        container.Spec.Root.Readonly = true;
        await container.BeginAsync();

        Assert.Equal("refused\nwritten", (await container.Exec("e", "sh", "-c", "touch /x || echo refused; touch /dev/shm/x && echo written").RunAsync()).Output);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_take_no_harm_when_the_passwd_file_never_opens()
    {
        var container = await RunningAsync();
        await container.Exec("trap", "sh", "-c", "busybox rm /etc/passwd; busybox mkfifo /dev/shm/trap; busybox ln -s /dev/shm/trap /etc/passwd").RunAsync();

        Assert.Equal((0, "/", ""), await container.Exec("e", "sh", "-c", "echo $HOME").RunAsync());
        await container.RemoveAsync();
    }

    [Theory]
    [InlineData("/guest/1/root", "chdir \"/guest/1/root\": leads out of the container")]
    [InlineData("/link", "chdir \"/link\": leads out of the container")]
    [InlineData("/proc/self/fd/8", "chdir \"/proc/self/fd/8\": no such file or directory")]
    public async Task Should_fail_when_the_working_directory_leads_out_of_the_container(string cwd, string expected)
    {
        var container = await guest.ContainerAsync("sleep", "1000");
        container.Spec.Mounts.Add(new Mount { Destination = "/guest", Type = "bind", Source = "/proc", Options = { "rbind", "ro" } });
        File.CreateSymbolicLink(Path.Combine(container.RootOnHost, "link"), "/guest/1/cwd");
        await container.BeginAsync();
        var exec = container.Exec("e", "ls", ".");
        exec.Process.Cwd = cwd;

        Assert.Equal(expected, (await ContainerLifecycleSpecs.FailsAsync(StatusCode.Internal, exec.StartAsync)).Message);

        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_join_the_first_process_when_the_container_has_controlled_groups_of_its_own()
    {
        var container = await guest.ContainerAsync("sh", "-c",
            "cd /sys/fs/cgroup && mkdir own && echo $$ > own/cgroup.procs && echo +pids > cgroup.subtree_control && echo ready; exec sleep 1000");
        container.Spec.Mounts.Single(mount => mount.Type == "cgroup").Options.Remove("ro");
        await container.BeginAsync();
        await container.ReadUntilAsync("ready\n");

        Assert.Equal((0, "0::/own", ""), await container.Exec("e", "cat", "/proc/self/cgroup").RunAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_join_the_first_process_in_a_group_whose_path_is_longer_than_the_kernel_takes()
    {
        var name = new string('x', 200);
        var container = await guest.ContainerAsync("sh", "-c",
            $"cd /sys/fs/cgroup; n=0; while [ $n -lt 30 ]; do n=$((n+1)); mkdir {name} && cd -P {name} || exit; done; echo $$ > cgroup.procs; "
            + "echo +pids > /sys/fs/cgroup/cgroup.subtree_control; echo ready; exec sleep 1000");
        container.Spec.Mounts.Single(mount => mount.Type == "cgroup").Options.Remove("ro");
        await container.BeginAsync();
        await container.ReadUntilAsync("ready\n");

        Assert.Equal((7, "", ""), await container.Exec("e", "sh", "-c", "exit 7").RunAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_be_refused_when_its_process_is_invalid()
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "true");
        exec.Process.ConsoleSize = new Box { Height = 65_536 };
        await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, exec.StartAsync);
        exec.Process.ConsoleSize = null;
        exec.Process.Cwd = "relative";
        await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, exec.StartAsync);

        exec.Process.Cwd = "/";
        Assert.Equal(0, (await exec.RunAsync()).Code);
        await container.RemoveAsync();
    }

    private async Task<GuestContainer> RunningAsync() => await (await guest.ContainerAsync("sleep", "1000")).BeginAsync();
}
