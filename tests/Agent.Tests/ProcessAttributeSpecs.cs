using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>Kernel parameters, names, scheduling and execution domain, as seen by a container's processes in a real guest.</summary>
public sealed class ProcessAttributeSpecs(GuestFixture guest)
{
    // Nice value, real-time priority and policy (proc_pid_stat(5)), and the priority of disk accesses.
    private const string ShowScheduling = "busybox cut -d' ' -f19,40,41 /proc/self/stat; busybox ionice";

    [Fact]
    public async Task Should_set_the_kernel_parameters_of_its_namespaces_in_either_notation()
    {
        var container = await guest.ContainerAsync("sh", "-c",
            "cd /proc/sys; cat kernel/shmmax kernel/msgmax kernel/sem fs/mqueue/msg_max net/core/somaxconn net/ipv4/conf/lo/forwarding kernel/domainname");
        container.Spec.Linux.Sysctl.Add(new Dictionary<string, string>
        {
            ["kernel.shmmax"] = "1234567",
            ["kernel/msgmax"] = "4321",
            ["kernel.sem"] = "100 2000 30 40",
            ["fs/mqueue/msg_max"] = "77",
            ["net.core.somaxconn"] = "1000",
            ["net/ipv4/conf/lo/forwarding"] = "1",
            ["kernel.domainname"] = "by.sysctl",
        });

        Assert.Equal("1234567\n4321\n100\t2000\t30\t40\n77\n1000\n1\nby.sysctl", (await container.RunAsync()).Output);
    }

    [Theory]
    [InlineData("net.no.such", "1", StatusCode.Internal, "open \"/proc/sys/net/no/such\": no such file or directory")]
    [InlineData("kernel.shmmax", "many", StatusCode.Internal, "write \"/proc/sys/kernel/shmmax\": invalid argument")]
    [InlineData("net/../../self/oom_score_adj", "1", StatusCode.InvalidArgument, "is not the name of a kernel parameter")]
    public async Task Should_fail_to_create_a_container_with_a_parameter_that_cannot_be_set(string name, string value, StatusCode code, string expected)
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Linux.Sysctl.Add(name, value);

        var failure = await Assert.ThrowsAsync<TtrpcException>(container.CreateAsync);

        Assert.Equal(code, failure.Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_have_the_domain_name_of_the_spec()
    {
        var container = await guest.ContainerAsync("cat", "/proc/sys/kernel/domainname");
        container.Spec.Domainname = "own.domain";

        Assert.Equal("own.domain", (await container.RunAsync()).Output);
    }

    [Fact]
    public async Task Should_have_the_execution_domain_of_the_spec_in_added_processes_too()
    {
        var container = await guest.ContainerAsync("sh", "-c", "uname -m; sleep 1000");
        container.Spec.Process.Personality = 8;
        await container.BeginAsync();
        await container.ReadUntilAsync("i686\n");
        var exec = container.Exec("e", "uname", "-m");
        exec.Process.Personality = 0;

        Assert.Equal((0, "i686", ""), await exec.RunAsync());
        await container.RemoveAsync();
    }

    [Theory]
    [InlineData(0u, 7, 0u, 0x6000u, "7 0 0", "idle")]
    [InlineData(1u, 0, 42u, 0x2002u, "0 42 1", "realtime: prio 2")]
    [InlineData(2u, 0, 1u, 0x4005u, "0 1 2", "best-effort: prio 5")]
    [InlineData(3u, -5, 0u, 0u, "-5 0 3", "none: prio 0")]
    [InlineData(5u, 0, 0u, 0u, "0 0 5", "none: prio 0")]
    public async Task Should_run_and_access_disks_as_the_spec_says_in_the_first_process_and_in_added_ones(
        uint policy, int nice, uint priority, uint ioPriority, string scheduling, string disk)
    {
        var container = await guest.ContainerAsync("sh", "-c", ShowScheduling);
        container.Spec.Process.Scheduler = new Scheduler { Policy = policy, Nice = nice, Priority = priority };
        container.Spec.Process.IOPriority = ioPriority;
        container.Spec.Process.User.UID = 1000;

        var run = await container.RunAsync();

        Assert.Equal($"{scheduling}\n{disk}", run.Output);

        var other = await (await guest.ContainerAsync("sleep", "1000")).BeginAsync();
        var exec = other.Exec("e", "sh", "-c", ShowScheduling);
        exec.Process.Scheduler = container.Spec.Process.Scheduler;
        exec.Process.IOPriority = ioPriority;
        Assert.Equal(run.Output, (await exec.RunAsync()).Output);
        await other.RemoveAsync();
    }

    // A process with a deadline cannot fork (sched(7)), so that the program that shows it is the first one.
    [Fact]
    public async Task Should_run_with_a_deadline_in_the_first_process_and_in_added_ones()
    {
        string[] show = ["busybox", "cut", "-d ", "-f19,40,41", "/proc/self/stat"];
        var container = await guest.ContainerAsync(show);
        container.Spec.Process.Scheduler = new Scheduler { Policy = 6, Runtime = 30_000_000, Deadline = 90_000_000, Period = 100_000_000 };

        Assert.Equal((0, "0 0 6", ""), await container.RunAsync());

        var other = await (await guest.ContainerAsync("sleep", "1000")).BeginAsync();
        var exec = other.Exec("e", show);
        exec.Process.Scheduler = container.Spec.Process.Scheduler;
        Assert.Equal((0, "0 0 6", ""), await exec.RunAsync());
        await other.RemoveAsync();
    }

    [Fact]
    public async Task Should_report_a_deadline_that_the_kernel_refuses()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Process.Scheduler = new Scheduler { Policy = 6, Runtime = 2_000_000, Deadline = 1_000_000, Period = 1_000_000 };

        var failure = await Assert.ThrowsAsync<TtrpcException>(container.CreateAsync);

        Assert.Contains("sched_setattr \"policy 6\": invalid argument", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_report_a_scheduling_that_the_kernel_refuses()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Process.Scheduler = new Scheduler { Policy = 1, Priority = 1000 };

        var failure = await Assert.ThrowsAsync<TtrpcException>(container.CreateAsync);

        Assert.Contains("sched_setattr \"policy 1\": invalid argument", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new uint[0], new uint[0], "0-2")]
    [InlineData(new uint[] { 1 }, new uint[0], "1")]
    [InlineData(new uint[0], new uint[] { 0, 2 }, "0,2")]
    [InlineData(new uint[] { 1 }, new uint[] { 2 }, "2")]
    public async Task Should_run_added_processes_on_their_cpus_and_the_first_one_on_all(uint[] initial, uint[] final, string expected)
    {
        await using var vm = await GuestVm.BootAsync(vcpus: 3);
        await GuestFixture.CreateSandboxAsync(vm);
        const string Show = "grep Cpus_allowed_list /proc/self/status";
        var container = new GuestContainer(vm, "c", ["sh", "-c", $"{Show}; sleep 1000"]);
        container.Spec.Process.InitialCPUs.Add(initial);
        container.Spec.Process.FinalCPUs.Add(final);
        await container.BeginAsync();

        await container.ReadUntilAsync("Cpus_allowed_list:\t0-2\n");
        Assert.Equal($"Cpus_allowed_list:\t{expected}", (await container.Exec("e", "sh", "-c", Show).RunAsync()).Output);
    }

    [Fact]
    public async Task Should_report_cpus_that_the_guest_does_not_have()
    {
        var container = await (await guest.ContainerAsync("sleep", "1000")).BeginAsync();
        var exec = container.Exec("e", "true");
        exec.Process.FinalCPUs.Add(77);

        var failure = await Assert.ThrowsAsync<TtrpcException>(exec.StartAsync);

        Assert.Contains("sched_setaffinity", failure.Message, StringComparison.Ordinal);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_hide_folders_by_read_only_ones_and_protect_mounts_below_a_read_only_path_also_from_a_privileged_process()
    {
        var container = await guest.ContainerAsync("sh", "-c",
            "ls -A /hidden; touch /hidden/x; touch /fixed/x; touch /fixed/mount/x; touch /fixed/sub/x; cat /fixed/secret; echo x > /proc/sys/kernel/shmmni; ls /link; true");
        foreach (var folder in new[] { "hidden/inside", "fixed/sub", "fixed/mount" })
        {
            Directory.CreateDirectory(Path.Combine(container.RootOnHost, folder));
        }

        await File.WriteAllTextAsync(Path.Combine(container.RootOnHost, "fixed/secret"), "secret");
        File.CreateSymbolicLink(Path.Combine(container.RootOnHost, "link"), "/hidden");
        container.Spec.Mounts.Add(new Mount { Destination = "/fixed/mount", Type = "tmpfs", Source = "tmpfs" });
        container.Spec.Linux.MaskedPaths.AddRange(["/link", "/fixed/secret"]);
        container.Spec.Linux.ReadonlyPaths.Add("/fixed");
        string[] all = ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER", "CAP_SYS_PTRACE", "CAP_SYS_RESOURCE", "CAP_MKNOD"];
        container.Spec.Process.Capabilities = new LinuxCapabilities { Bounding = { all }, Effective = { all }, Permitted = { all } };

        var run = await container.RunAsync();

        Assert.Equal("", run.Output);
        string[] refused = ["/hidden/x", "/fixed/x", "/fixed/mount/x", "/fixed/sub/x"];
        Assert.Equal(
            [.. refused.Select(path => $"touch: {path}: Read-only file system"), "sh: can't create /proc/sys/kernel/shmmni: Read-only file system"],
            run.Error.Split('\n'));
    }

    [Fact]
    public async Task Should_leave_out_ambient_capabilities_that_are_not_inheritable()
    {
        var container = await guest.ContainerAsync("grep", "CapAmb", "/proc/self/status");
        container.Spec.Process.Capabilities.Ambient.Add("CAP_KILL");

        Assert.Equal((0, "CapAmb:\t0000000000000000", ""), await container.RunAsync());
    }
}
