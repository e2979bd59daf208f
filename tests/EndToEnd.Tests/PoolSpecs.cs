namespace KataActors.EndToEnd.Tests;

/// <summary>VMs that wait ready.</summary>
public sealed class PoolSpecs : IAsyncLifetime
{
    private const int Size = 2;

    private FactoryUnderTest _factory = null!;

    private DaemonUnderTest Daemon => _factory.Daemon;

    public async ValueTask InitializeAsync() => _factory = await FactoryUnderTest.StartAsync(Size);

    public ValueTask DisposeAsync() => _factory?.DisposeAsync() ?? default;

    [Fact]
    public async Task Should_hand_over_a_ready_vm_fill_up_again_and_leave_nothing_of_it()
    {
        await _factory.ReadyAsync(Size);
        var waiting = _factory.Vmms().ToDictionary(vmm => vmm, Groups);
        Assert.All(waiting.Values, groups => Assert.All(groups, group => Assert.Contains("/kata-pool-", group)));
        var bundle = Daemon.ShellBundle("echo hello; exec sleep 1000");
        var id = Daemon.NewId();

        var create = await _factory.RunAsync(id, bundle);

        await create.OutputAsync("hello");
        var sandbox = await Daemon.InspectAsync(id);
        Assert.Equal("pool", (string)sandbox["vmSource"]!);
        var left = Assert.Contains((int)sandbox["vmmPid"]!, waiting);
        Assert.All(Groups((int)sandbox["vmmPid"]!), group => Assert.EndsWith($"/kata/{id}", group));
        new VcpuGroup(id).MustHoldThreadsOf((int)sandbox["vmmPid"]!);
        await Eventually.TrueAsync(() => !left.Any(Directory.Exists), () => string.Join(", ", left.Where(Directory.Exists)));
        await _factory.ReadyAsync(Size);
        await Daemon.SucceedAsync("delete", "--force", id);
        Assert.DoesNotContain((int)sandbox["vmmPid"]!, _factory.Vmms());
        Assert.False(Directory.Exists(Path.Combine(Daemon.RunDirectory, "sandboxes", id)));
        Assert.Equal(Size, Directory.GetDirectories(Path.Combine(Daemon.RunDirectory, "factory")).Length);
    }

    [Fact]
    public async Task Should_take_a_sandbox_from_the_pool_over_again_when_the_daemon_was_killed()
    {
        await _factory.ReadyAsync(Size);
        var id = Daemon.NewId();
        var create = await _factory.RunAsync(id, Daemon.ShellBundle("echo first; read line; echo second $line; exec sleep 1000"));
        await create.OutputAsync("first");
        var (vmm, waiting) = ((int)(await Daemon.InspectAsync(id))["vmmPid"]!, _factory.Vmms().ToHashSet());

        var dead = Daemon.Pid;
        Daemon.Kill();
        // The stand-in brings it back.
        await Eventually.TrueAsync(async () => Daemon.Pid is not 0 and var pid && pid != dead && await Daemon.AnswersAsync(), () => "the daemon does not come back");

        Assert.Equal("running", await Daemon.StatusAsync(id));
        Assert.Equal(vmm, (int)(await Daemon.InspectAsync(id))["vmmPid"]!);
        // The waiting VMs are orphaned.
        await Eventually.TrueAsync(() => !_factory.Vmms().Any(pid => pid != vmm && waiting.Contains(pid)), () => "VMs of the killed daemon's pool are left");
        await Daemon.SucceedAsync("delete", "--force", id);
        Assert.DoesNotContain(vmm, _factory.Vmms());
        // With the configuration of the dead one.
        await _factory.ReadyAsync(Size);
    }

    [Fact]
    public async Task Should_replace_a_waiting_vm_that_is_killed_and_serve_the_next_create()
    {
        await _factory.ReadyAsync(Size);
        var victims = _factory.Vmms().ToArray();

        foreach (var victim in victims)
        {
            FactoryUnderTest.Kill(victim);
        }

        await Eventually.TrueAsync(async () => (int)(await _factory.StatusAsync())["pool"]!["ready"]! == 0, () => "the status shows dead VMs as ready");
        Assert.Contains("the pool is not full: QEMU died: ", Daemon.Log, StringComparison.Ordinal);
        var id = Daemon.NewId();
        var create = await _factory.RunAsync(id, Daemon.ShellBundle("echo hello; exec sleep 1000"));
        await create.OutputAsync("hello");
        await _factory.ReadyAsync(Size);
        Assert.DoesNotContain(_factory.Vmms(), pid => victims.Contains(pid));
    }

    [Fact]
    public async Task Should_hold_its_vms_to_the_least_weight_and_a_sandboxs_to_the_usual_one()
    {
        await _factory.ReadyAsync(Size);
        var groups = _factory.PoolGroups().ToArray();
        Assert.Equal(Size, groups.Length);
        Assert.All(groups, group => Assert.Equal("2", File.ReadAllText(Path.Combine(group, "cpu.shares")).Trim()));
        var members = groups.SelectMany(group => File.ReadAllLines(Path.Combine(group, "cgroup.procs")).Concat(File.ReadAllLines(Path.Combine(group, "vcpu", "cgroup.procs"))));
        Assert.Equal(_factory.Vmms().Order(), members.Select(int.Parse).Distinct().Order());
        var id = Daemon.NewId();

        await _factory.RunAsync(id, Daemon.ShellBundle("exec sleep 1000"));

        var sandbox = await Daemon.InspectAsync(id);
        Assert.Equal("pool", (string)sandbox["vmSource"]!);
        var taken = new VcpuGroup(id);
        taken.MustHoldThreadsOf((int)sandbox["vmmPid"]!);
        Assert.Equal("1024", File.ReadAllText(Path.Combine(Path.GetDirectoryName(taken.Path)!, "cpu.shares")).Trim());
        Assert.Single(groups, Directory.Exists);
    }

    [Fact]
    public async Task Should_plug_the_vcpus_that_a_quota_asks_for_into_a_vm_of_the_pool()
    {
        await _factory.ReadyAsync(Size);
        var id = Daemon.NewId();

        var create = await _factory.RunAsync(id, Daemon.ShellBundle("busybox grep -c ^processor /proc/cpuinfo; exec sleep 1000").WithCpu(150000, 100000));

        await create.OutputAsync("3\n");
        Assert.Equal("pool", await _factory.SourceAsync(id));
        Assert.Equal(3, new VcpuGroup(id).Threads.Length);
    }

    [Fact]
    public async Task Should_change_nothing_when_its_status_is_asked_a_hundred_times()
    {
        await _factory.ReadyAsync(Size);
        var before = Look();

        for (var look = 0; look < 100; look++)
        {
            await Daemon.SucceedAsync("factory", "status");
        }

        Assert.Equal(before, Look());
        Assert.Equal(Size, (int)(await _factory.StatusAsync())["pool"]!["ready"]!);
    }

    [Fact]
    public async Task Should_note_in_the_sandboxs_directory_which_vm_it_has_taken()
    {
        await _factory.ReadyAsync(Size);
        var id = Daemon.NewId();

        await _factory.RunAsync(id, Daemon.ShellBundle("exec sleep 1000"));

        var note = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Daemon.RunDirectory, "sandboxes", id, "sandbox.json")))!;
        var vmm = (int)(await Daemon.InspectAsync(id))["vmmPid"]!;
        Assert.Contains($"-uuid {(string)note["vmUuid"]!} ", Daemon.Processes().Single(process => process.Pid == vmm).CommandLine, StringComparison.Ordinal);
    }

    private string Look() => string.Join('\n', Directory.EnumerateFileSystemEntries(Path.Combine(Daemon.RunDirectory, "factory"), "*", SearchOption.AllDirectories)
        .Concat(Directory.EnumerateFileSystemEntries(_factory.Folder, "*", SearchOption.AllDirectories))
        .Select(path => $"{path} {File.GetLastWriteTimeUtc(path):O}")
        .Concat(Daemon.Processes().Select(process => $"process {process.Pid}"))
        .Concat(_factory.PoolGroups())
        .Order());

    [Fact]
    public async Task Should_end_the_pool_with_the_factory_and_with_the_daemon()
    {
        await _factory.ReadyAsync(Size);
        await Daemon.SucceedAsync("factory", "destroy");
        await Eventually.TrueAsync(() => !_factory.Vmms().Any(), () => "VMs of the pool are left");

        await Daemon.SucceedAsync("factory", "init");
        await _factory.ReadyAsync(Size);
        using (var daemon = Pidfd.TryOpen(ProcessIdentity.TryRead(Daemon.Pid)!.Value)!)
        {
            daemon.Signal(Signals.SIGTERM);
        }

        await Eventually.TrueAsync(() => !_factory.Vmms().Any() && Daemon.Pid == 0, () => "VMs of the pool are left");
        Assert.Empty(Directory.GetDirectories(Path.Combine(Daemon.RunDirectory, "factory")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    public async Task Should_leave_nothing_of_the_pool_in_the_end_when_the_daemon_is_told_to_stop_without_descriptors(int left)
    {
        await _factory.ReadyAsync(Size);
        var groups = _factory.Vmms().SelectMany(Groups).ToArray();
        Assert.NotEmpty(groups);
        using (var daemon = Pidfd.TryOpen(ProcessIdentity.TryRead(Daemon.Pid)!.Value)!)
        {
            var open = Directory.GetFileSystemEntries($"/proc/{daemon.Pid}/fd").Length;
            ProcessLimits.TrySet(daemon.Pid, ProcessResource.OpenFiles, (ulong)(open + left), ProcessLimits.Get(daemon.Pid, ProcessResource.OpenFiles).Hard);
            daemon.Signal(Signals.SIGTERM);
            using var limit = new CancellationTokenSource(Eventually.Deadline);
            await daemon.WaitForExitAsync(limit.Token);
        }

        // Its successor removes what it could not.
        await Daemon.StartAgainAsync();
        await _factory.ReadyAsync(Size);
        await Eventually.TrueAsync(() => !groups.Any(Directory.Exists), () => $"left: {string.Join(", ", groups.Where(Directory.Exists))}");
    }

    // Of a process's first thread, in those v1 hierarchies that have the common parent.
    private static string[] Groups(int pid) =>
    [
        .. File.ReadAllLines($"/proc/{pid}/cgroup")
            .Select(line => line.Split(':'))
            .Where(fields => fields[1].Length > 0 && Directory.Exists($"/sys/fs/cgroup/{fields[1]}/kata"))
            .Select(fields => $"/sys/fs/cgroup/{fields[1]}{fields[2]}"),
    ];
}
