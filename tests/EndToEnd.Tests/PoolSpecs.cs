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
        Assert.All(waiting.Values, groups => Assert.All(groups, group => Assert.Contains("/kata/@pool-", group)));
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
        // Nobody owns those that waited.
        await Eventually.TrueAsync(() => !_factory.Vmms().Any(pid => pid != vmm && waiting.Contains(pid)), () => "VMs of the killed daemon's pool are left");
        await Daemon.SucceedAsync("delete", "--force", id);
        Assert.DoesNotContain(vmm, _factory.Vmms());
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

        var id = Daemon.NewId();
        var create = await _factory.RunAsync(id, Daemon.ShellBundle("echo hello; exec sleep 1000"));
        await create.OutputAsync("hello");
        await _factory.ReadyAsync(Size);
        Assert.DoesNotContain(_factory.Vmms(), pid => victims.Contains(pid));
    }

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

    // Of a process's first thread, in those v1 hierarchies that have the common parent.
    private static string[] Groups(int pid) =>
    [
        .. File.ReadAllLines($"/proc/{pid}/cgroup")
            .Select(line => line.Split(':'))
            .Where(fields => fields[1].Length > 0 && Directory.Exists($"/sys/fs/cgroup/{fields[1]}/kata"))
            .Select(fields => $"/sys/fs/cgroup/{fields[1]}{fields[2]}"),
    ];
}
