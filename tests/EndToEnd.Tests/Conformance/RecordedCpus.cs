namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>Two containers with quotas, and so with several vCPUs, and processes that were added: done once, and recorded for the tests of the clauses.</summary>
public sealed class RecordedCpus : IAsyncLifetime
{
    private const string ShowCpus = "busybox grep Cpus_allowed_list /proc/self/status";

    /// <summary>The CPUs of the first process, and those of a process that was added.</summary>
    internal (string First, string Added) Cpus { get; private set; }

    /// <summary>The host's quota for the vCPUs of the one container, and of both.</summary>
    internal (string One, string Both) HostQuotas { get; private set; }

    /// <summary>The lines of <c>cpu.max</c> and <c>cpu.weight</c> in the groups of both containers, in their order.</summary>
    internal string GuestLimits { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await using var daemon = await DaemonUnderTest.StartAsync();
        var (id, other) = (daemon.NewId(), daemon.NewId());
        var (first, second) = (Bundle(daemon, 100_000, 100_000, 512), Bundle(daemon, 20_000, 50_000, 2048).Joining(id));
        first.Spec["process"]!["execCPUAffinity"] = new JsonObject { ["initial"] = "0", ["final"] = "1" };
        var create = daemon.Start("create", "--bundle", first.Save().Path, id);
        (await create.FinishAsync()).MustSucceed();
        await daemon.SucceedAsync("start", id);
        await create.OutputAsync("\n");
        Cpus = (create.Output.Trim(), await ExecAsync(daemon, id, ShowCpus));
        var group = new VcpuGroup(id);
        var one = group.Limit;

        await daemon.SucceedAsync("run", "--detach", "--bundle", second.Path, other);

        HostQuotas = (one, group.Limit);
        const string ShowLimits = "cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu.weight";
        GuestLimits = $"{await ExecAsync(daemon, id, ShowLimits)}\n{await ExecAsync(daemon, other, ShowLimits)}";
    }

    public ValueTask DisposeAsync() => default;

    private static TestBundle Bundle(DaemonUnderTest daemon, long quota, long period, long shares)
    {
        var bundle = daemon.ShellBundle($"{ShowCpus}; exec sleep 1000").WithCpu(quota, period).With("linux.resources.cpu.shares", shares);
        bundle.Spec["mounts"]!.AsArray().Add(new JsonObject { ["destination"] = "/sys/fs/cgroup", ["type"] = "cgroup", ["source"] = "cgroup", ["options"] = new JsonArray("ro") });
        return bundle.Save();
    }

    private static async Task<string> ExecAsync(DaemonUnderTest daemon, string id, string script) =>
        (await daemon.RunAsync("exec", id, "sh", "-c", script)).MustSucceed().Output.Trim();
}
