using KataActors.Callers.Tests.Cri;

namespace KataActors.Callers.Tests;

/// <summary>What the containers of a pod are given.</summary>
[Collection(CriCollection.Name)]
public sealed class CriContainerSpecs(CriNode node, SharedCriPod shared) : IClassFixture<SharedCriPod>
{
    private CriPod Pod => shared.Pod;

    [Fact]
    public async Task Should_give_arguments_variables_folder_and_name()
    {
        var (code, log) = await Pod.RunToEndAsync("given", "echo $0 $1 $A; pwd; hostname; echo err >&2; exit 3", config =>
        {
            config.Args.Add(["zero", "one"]);
            config.Envs.Add(new KeyValue { Key = "A", Value = "b" });
            config.WorkingDir = "/tmp";
        });

        Assert.Equal(3, code);
        Assert.Equal(["stderr F err", "stdout F /tmp", "stdout F shared", "stdout F zero one b"], log.TrimEnd().Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Should_give_user_groups_and_capabilities_on_a_read_only_root()
    {
        var (code, log) = await Pod.RunToEndAsync("secured", "id -u; id -g; id -G; grep -E 'CapBnd|NoNewPrivs' /proc/self/status; touch /x 2>/dev/null || echo refused", config =>
        {
            var context = config.Linux.SecurityContext;
            context.RunAsUser = new() { Value = 1000 };
            context.RunAsGroup = new() { Value = 1001 };
            context.SupplementalGroups.Add(1002);
            context.ReadonlyRootfs = true;
            context.NoNewPrivs = true;
            context.Capabilities = new() { DropCapabilities = { "ALL" }, AddCapabilities = { "CHOWN" } };
        });

        Assert.Equal(0, code);
        Assert.Equal("1000\n1001\n1001 1002\nCapBnd:\t0000000000000001\nNoNewPrivs:\t1\nrefused\n", log.Replace("stdout F ", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_hide_masked_paths_and_protect_read_only_ones()
    {
        var (_, log) = await Pod.RunToEndAsync("masked", "head -c 5 /proc/meminfo | grep -c .; ls /proc/irq | grep -c .; echo 1 > /proc/sys/vm/drop_caches || echo refused", config =>
        {
            config.Linux.SecurityContext.MaskedPaths.Add(["/proc/meminfo", "/proc/irq"]);
            config.Linux.SecurityContext.ReadonlyPaths.Add("/proc/sys");
        });

        Assert.Equal(
            "stdout F 0\nstdout F 0\nstdout F refused\n",
            string.Concat(log.Split('\n').Where(line => line.StartsWith("stdout", StringComparison.Ordinal)).Select(line => line + "\n")));
    }

    [Fact]
    public async Task Should_mount_volumes()
    {
        var volume = Directory.CreateDirectory(Path.Combine(node.Runtime.Directory, "volume")).FullName;
        await File.WriteAllTextAsync(Path.Combine(volume, "host"), "from the host\n", TestContext.Current.CancellationToken);

        var (_, log) = await Pod.RunToEndAsync("volumes", "cat /ro/host; touch /ro/x 2>/dev/null || echo refused; echo guest > /rw/guest", config =>
        {
            config.Mounts.Add(new Mount { ContainerPath = "/ro", HostPath = volume, Readonly = true });
            config.Mounts.Add(new Mount { ContainerPath = "/rw", HostPath = volume });
        });

        Assert.Equal("stdout F from the host\nstdout F refused\n", log);
        Assert.Equal("guest\n", await File.ReadAllTextAsync(Path.Combine(volume, "guest"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Should_share_memory_files_within_the_pod()
    {
        var writer = await Pod.StartAsync("writer", "echo shared > /dev/shm/file; exec sleep 1000");
        await Eventually.TrueAsync(() => Pod.ExecAsync(writer, "cat /dev/shm/file").GetAwaiter().GetResult().ExitCode == 0, () => "the file is not written");

        var (_, log) = await Pod.RunToEndAsync("reader", "cat /dev/shm/file");

        Assert.Equal("stdout F shared\n", log);
        await node.Client.RemoveContainerAsync(new() { ContainerId = writer });
    }

    [Fact]
    public async Task Should_limit_and_measure_a_container()
    {
        var id = await Pod.StartAsync("limited", "exec sleep 1000", config => config.Linux.Resources = new() { MemoryLimitInBytes = 64 << 20 });
        Assert.Equal("67108864\n", (await Pod.ExecAsync(id, "cat /sys/fs/cgroup/memory.max")).Output);

        await node.Client.UpdateContainerResourcesAsync(new() { ContainerId = id, Linux = new() { MemoryLimitInBytes = 128 << 20, CpuPeriod = 100000, CpuQuota = 50000 } });

        Assert.Equal("134217728\n50000 100000\n", (await Pod.ExecAsync(id, "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max")).Output);
        var stats = (await node.Client.ContainerStatsAsync(new() { ContainerId = id })).Stats;
        Assert.True(stats.Cpu.UsageCoreNanoSeconds.Value > 0 && stats.Memory.WorkingSetBytes.Value > 0);
        Assert.Contains((await node.Client.ListContainerStatsAsync(new())).Stats, entry => entry.Attributes.Id == id);
        await node.Client.RemoveContainerAsync(new() { ContainerId = id });
    }

    [Theory]
    [InlineData(nameof(SecurityProfile.Types.ProfileType.RuntimeDefault), 2)]
    [InlineData(nameof(SecurityProfile.Types.ProfileType.Unconfined), 0)]
    public async Task Should_filter_system_calls_as_the_profile_says(string name, int mode)
    {
        var profile = Enum.Parse<SecurityProfile.Types.ProfileType>(name);
        var (_, log) = await Pod.RunToEndAsync(name, "grep Seccomp: /proc/self/status", config => config.Linux.SecurityContext.Seccomp = new() { ProfileType = profile });

        Assert.Equal($"stdout F Seccomp:\t{mode}\n", log);
    }

    [Fact]
    public async Task Should_mount_when_privileged()
    {
        var pod = await CriPod.RunAsync(node, "privileged", privileged: true);

        var (code, log) = await pod.RunToEndAsync("mounter", "mount -t tmpfs none /tmp && grep -c ' /tmp tmpfs ' /proc/mounts", config => config.Linux.SecurityContext.Privileged = true);

        Assert.Equal((0, "stdout F 1\n"), (code, log));
        await pod.RemoveAsync();
    }

    [Fact]
    public async Task Should_report_why_when_the_program_does_not_exist()
    {
        var id = await Pod.CreateAsync("missing", "", config =>
        {
            config.Command.Clear();
            config.Command.Add("/bin/nosuch");
        });

        var error = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await node.Client.StartContainerAsync(new() { ContainerId = id }));

        Assert.Contains("stat /bin/nosuch: no such file or directory", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(ContainerState.ContainerExited, Pod.Status(id).State);
        await node.Client.RemoveContainerAsync(new() { ContainerId = id });
    }
}
