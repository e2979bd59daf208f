using KataActors.Agent.Containers;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Agent.Tests;

public sealed class ContainerCgroupSpecs(GuestFixture guest)
{
    [Fact]
    public async Task Should_set_the_limits_of_the_spec()
    {
        var container = await guest.ContainerAsync("sh", "-c", "cd /sys/fs/cgroup; cat cpu.max cpu.weight memory.max memory.low pids.max cgroup.procs");
        container.Spec.Linux.Resources = new LinuxResources
        {
            CPU = new LinuxCPU { Quota = 20_000, Period = 50_000, Shares = 512 },
            Memory = new LinuxMemory { Limit = 64 << 20, Reservation = 16 << 20 },
            Pids = new LinuxPids { Limit = 50 },
        };

        var output = (await container.RunAsync()).Output.Split('\n');

        Assert.Equal(["20000 50000", "20", "67108864", "16777216", "50", "1"], output[..6]);
    }

    [Fact]
    public async Task Should_write_the_files_that_the_spec_names_itself_and_burst_and_idleness()
    {
        var container = await guest.ContainerAsync("sh", "-c", "cd /sys/fs/cgroup; cat memory.high pids.max cpu.max.burst cpu.idle");
        container.Spec.Linux.Resources = new LinuxResources
        {
            CPU = new LinuxCPU { Quota = 20_000, Burst = 10_000, Idle = 1 },
            Pids = new LinuxPids { Limit = 50 },
            Unified = { ["memory.high"] = "33554432", ["pids.max"] = "60" },
        };

        Assert.Equal("33554432\n60\n10000\n1", (await container.RunAsync()).Output);
    }

    [Theory]
    [InlineData("memory.nosuch", "1", "\"1\" for \"memory.nosuch\" is refused: no such file or directory")]
    [InlineData("pids.max", "-5", "\"-5\" for \"pids.max\" is refused: invalid argument")]
    [InlineData("../pids.max", "5", "\"../pids.max\" is not the name of a controller's file")]
    [InlineData("cgroup.freeze", "1", "\"cgroup.freeze\" is not the name of a controller's file")]
    public async Task Should_refuse_files_that_cannot_be_written(string file, string value, string message)
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Linux.Resources = new LinuxResources { Unified = { [file] = value } };

        Assert.Equal(
            $"linux.resources.unified{(message.StartsWith($"\"{value}", StringComparison.Ordinal) ? ":" : "")} {message}",
            (await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, container.CreateAsync)).Message);
    }

    [Fact]
    public async Task Should_update_named_files_and_restore_them_when_one_is_refused()
    {
        var container = await (await guest.ContainerAsync("sleep", "1000")).BeginAsync();
        await UpdateAsync(new LinuxResources { CPU = new LinuxCPU { Quota = 30_000, Burst = 30_000 }, Unified = { ["memory.high"] = "33554432" } });
        await UpdateAsync(new LinuxResources { CPU = new LinuxCPU { Quota = 10_000, Idle = 1 }, Unified = { ["pids.max"] = "70" } });
        Assert.Equal("10000 100000\n0\n1\n33554432\n70", await ReadAsync());

        await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, () => UpdateAsync(new LinuxResources { Unified = { ["pids.max"] = "80", ["rdma.max"] = "x" } }));
        var refused = await ContainerLifecycleSpecs.FailsAsync(
            StatusCode.FailedPrecondition, () => UpdateAsync(new LinuxResources { Memory = new LinuxMemory { Limit = 4096, CheckBeforeUpdate = true } }));

        Assert.Contains("linux.resources.memory.limit 4096 is not above the ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("10000 100000\n0\n1\n33554432\n70", await ReadAsync());
        await container.RemoveAsync();

        Task UpdateAsync(LinuxResources resources) => container.Vm.Agent.UpdateContainerAsync(
            new UpdateContainerRequest { ContainerId = container.Id, Resources = resources, Whole = true }, GuestVm.CallTimeout, CancellationToken.None);

        async Task<string> ReadAsync() => (await container.Exec($"read-{Guid.NewGuid():N}", "sh", "-c", "cd /sys/fs/cgroup; cat cpu.max cpu.max.burst cpu.idle memory.high pids.max").RunAsync()).Output;
    }

    [Fact]
    public async Task Should_restore_the_others_when_one_file_cannot_be_and_say_which()
    {
        var container = await guest.ContainerAsync("sleep", "1000");

        // A partition below a group that is none is not valid: its file then tells more than it takes.
        container.Spec.Linux.Resources = new LinuxResources { Unified = { ["pids.max"] = "60", ["cpuset.cpus"] = "0", ["cpuset.cpus.partition"] = "root" } };
        await container.BeginAsync();
        Assert.StartsWith("60\n0\nroot invalid", await ReadAsync(), StringComparison.Ordinal);

        var refused = await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, () => container.Vm.Agent.UpdateContainerAsync(
            new UpdateContainerRequest
            {
                ContainerId = container.Id,
                Resources = new LinuxResources { Unified = { ["pids.max"] = "80", ["cpuset.cpus.partition"] = "member", ["rdma.max"] = "x" } },
            },
            GuestVm.CallTimeout, CancellationToken.None));

        Assert.StartsWith("linux.resources.unified: \"x\" for \"rdma.max\" is refused: no such file or directory; not restored: write ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("/cpuset.cpus.partition\": invalid argument", refused.Message, StringComparison.Ordinal);
        Assert.Equal("60\n0\nmember", await ReadAsync());
        await container.RemoveAsync();

        async Task<string> ReadAsync() => (await container.Exec($"read-{Guid.NewGuid():N}", "sh", "-c", "cd /sys/fs/cgroup; cat pids.max cpuset.cpus cpuset.cpus.partition").RunAsync()).Output;
    }

    [Fact]
    public void Should_restore_the_limits_when_the_device_rules_cannot_be_attached()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("pids.max", "50\n");
        folder.Write("cpuset.cpus", "\n");
        var group = new ContainerCgroup(folder.Path);
        var request = new UpdateContainerRequest
        {
            Resources = new LinuxResources { Pids = new LinuxPids { Limit = 70 }, Unified = { ["cpuset.cpus"] = "0" }, Devices = { new LinuxDeviceCgroup { Allow = true, Type = "a", Access = "rwm" } } },
        };

        // The folder is no cgroup.
        var failure = Assert.Throws<LinuxException>(() => group.Update(request));

        Assert.Equal(("bpf", folder.Path), (failure.Call, failure.Subject));
        Assert.Equal("50\n", File.ReadAllText(folder.File("pids.max")));
        Assert.Equal('\n', File.ReadAllText(folder.File("cpuset.cpus"))[0]);
    }

    [Fact]
    public async Task Should_find_processes_in_groups_whose_paths_are_longer_than_the_kernel_takes()
    {
        using var folder = new TemporaryDirectory();
        var name = new string('x', 200);
        await ChildScript.RunAsync($"cd {folder.Path}; n=0; while [ $n -lt 30 ]; do n=$((n+1)); echo $n > cgroup.procs; mkdir {name} && cd -P {name} || exit; done");

        try
        {
            Assert.Equal(Enumerable.Range(1, 30), new ContainerCgroup(folder.Path).Processes());
        }
        finally
        {
            FolderTree.Remove(Path.Combine(folder.Path, name));
        }
    }

    [Fact]
    public async Task Should_be_removed_with_all_groups_of_its_own_whose_number_and_depth_are_bounded()
    {
        // 64 such names are more than the kernel takes as a path.
        var name = new string('x', 200);
        await using var vm = await GuestFixture.BootWithSandboxAsync();
        var container = new GuestContainer(vm, "nest", ["sh", "-c",
            $"cd /sys/fs/cgroup; n=0; while mkdir {name} 2>/tmp/deep && cd -P {name} 2>/dev/null; do n=$((n+1)); done; echo $n deep; grep -o 'Resource.*' /tmp/deep; "
            + "cd /sys/fs/cgroup; seq 5000 | busybox xargs mkdir 2>/tmp/wide; ls -d [0-9]* | wc -l; exec sleep 1000"]);
        container.Spec.Mounts.Single(mount => mount.Destination == "/sys/fs/cgroup").Options.Remove("ro");
        await container.BeginAsync();

        // One level and one group are the container's own.
        await container.ReadUntilAsync("63 deep\nResource temporarily unavailable\n4032\n");

        await container.RemoveAsync();
        Assert.Equal((0, "", ""), await new GuestContainer(vm, "next", ["true"]).RunAsync());
    }

    [Fact]
    public async Task Should_not_be_the_first_with_a_quota_nor_the_last()
    {
        var container = await guest.ContainerAsync("cat", "/guest/quota/cpu.max", "/guest/quota/cgroup.procs");
        container.Spec.Mounts.Add(new Mount { Destination = "/guest", Type = "bind", Source = "/sys/fs/cgroup", Options = { "bind", "ro" } });

        Assert.Equal((0, "100000 100000", ""), await container.RunAsync());
    }

    [Fact]
    public async Task Should_kill_a_container_that_exceeds_its_memory()
    {
        var container = await guest.ContainerAsync("dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1");
        container.Spec.Linux.Resources = new LinuxResources { Memory = new LinuxMemory { Limit = 16 << 20 } };

        Assert.Equal(137, (await container.RunAsync()).Code);
    }

    [Fact]
    public async Task Should_start_within_a_few_mebibytes()
    {
        var container = await guest.ContainerAsync("cat", "/sys/fs/cgroup/memory.max");
        container.Spec.Linux.Resources = new LinuxResources { Memory = new LinuxMemory { Limit = 4 << 20 } };

        Assert.Equal((0, "4194304", ""), await container.RunAsync());
    }

    [Fact]
    public async Task Should_say_so_when_the_limit_is_too_low_for_any_process()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Linux.Resources = new LinuxResources { Memory = new LinuxMemory { Limit = 4 << 10 } };

        Assert.Contains("the memory limit is too low", (await Assert.ThrowsAsync<TtrpcException>(container.CreateAsync)).Message, StringComparison.Ordinal);
        container.Spec.Linux.Resources = new LinuxResources();
        Assert.Equal((0, "", ""), await container.RunAsync());
    }
}
