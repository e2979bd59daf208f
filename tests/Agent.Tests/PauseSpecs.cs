using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>Paused containers in a real guest.</summary>
public sealed class PauseSpecs(GuestFixture guest)
{
    private const string Count = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done";

    [Fact]
    public async Task Should_stop_a_container_and_its_added_processes_until_they_are_resumed()
    {
        var container = await (await guest.ContainerAsync("sh", "-c", Count)).BeginAsync();
        var exec = container.Exec("e", "sh", "-c", Count);
        await exec.StartAsync();
        await container.ReadAsync(0);

        await PauseAsync(container);
        await PauseAsync(container);
        var (containers, execs) = (await DrainAsync(container), await DrainAsync(exec));

        await ResumeAsync(container);
        await ResumeAsync(container);
        Assert.NotEqual(0, (await container.ReadAsync(containers)).Data.Length);
        Assert.NotEqual(0, (await exec.ReadAsync(execs)).Data.Length);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_kill_and_remove_what_is_paused()
    {
        var killed = await (await guest.ContainerAsync("sleep", "1000")).BeginAsync();
        await PauseAsync(killed);
        await killed.SignalAsync(9);
        Assert.Equal(137, await killed.WaitAsync());
        await FailsAsync(() => PauseAsync(killed), "container not running");
        await FailsAsync(() => ResumeAsync(killed), "container not running");
        await killed.RemoveAsync();

        var removed = await (await guest.ContainerAsync("sh", "-c", "sleep 1000 & sleep 1000")).BeginAsync();
        await PauseAsync(removed);
        await removed.RemoveAsync();
    }

    [Fact]
    public async Task Should_deliver_other_signals_at_the_end_of_the_pause()
    {
        var container = await (await guest.ContainerAsync("sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done")).BeginAsync();
        await container.ReadAsync(0);
        await PauseAsync(container);
        await container.SignalAsync(15);
        await container.SignalAsync(0);

        await ResumeAsync(container);

        Assert.Equal(5, await container.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_pause_a_container_before_its_start()
    {
        var container = await guest.ContainerAsync("sh", "-c", "exit 4");
        await container.CreateAsync();
        await PauseAsync(container);
        await ResumeAsync(container);
        await container.StartAsync();
        Assert.Equal(4, await container.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_list_the_processes_with_the_pids_of_the_container()
    {
        var container = await guest.ContainerAsync("sh", "-c", "sleep 1000 & echo $!; exec sleep 2000");
        container.Spec.Process.User = new User { UID = 7, GID = 8 };
        await container.BeginAsync();
        var child = uint.Parse((await container.ReadAsync(0)).Data.ToStringUtf8());

        await Eventually(async () => (await ListAsync(container)).Processes.Any(process => process.Command == "sleep 2000"));
        var list = await ListAsync(container);

        Assert.Equal([(1u, 0u, "sleep 2000"), (child, 1u, "sleep 1000")], list.Processes.Select(process => (process.Pid, process.Ppid, process.Command)));
        Assert.All(list.Processes, process => Assert.Equal((7u, 0u, "S", "sleep", 1u), (process.Uid, process.Tty, process.State, process.Name, process.Threads)));
        Assert.All(list.Processes, process => Assert.True(process.ResidentKib > 0 && process.VirtualKib >= process.ResidentKib && process.ElapsedMs < 600_000));
        Assert.InRange(list.MemoryKib, 16_384u, 1_048_576u);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_bound_a_list()
    {
        var long1 = new string('x', 900);
        var container = await (await guest.ContainerAsync("sh", "-c", $"for i in $(seq 100); do sh -c 'sleep 1000; :' {long1} & done; echo up; wait")).BeginAsync();
        await container.ReadAsync(0);

        await Eventually(async () => (await ListAsync(container)) is { LeftOut: > 0 } list && list.CalculateSize() <= 64 * 1024);

        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_count_what_a_container_uses_and_the_processes_that_were_killed_for_memory()
    {
        var container = await guest.ContainerAsync("sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=32; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo up; sleep 1000");
        container.Spec.Linux.Resources = new LinuxResources { Memory = new LinuxMemory { Limit = 16 << 20 }, Pids = new LinuxPids { Limit = 50 } };
        await container.BeginAsync();
        await container.ReadAsync(0);

        var stats = await StatsAsync(container);

        Assert.True(stats.CpuStats.CpuUsage.TotalUsage >= stats.CpuStats.CpuUsage.UsageInUsermode && stats.CpuStats.CpuUsage.UsageInUsermode > 0);
        Assert.Equal((16ul << 20, 50ul), (stats.MemoryStats.Usage.Limit, stats.PidsStats.Limit));
        Assert.InRange(stats.MemoryStats.Usage.Usage, 1ul, 16ul << 20);
        Assert.InRange(stats.PidsStats.Current, 1ul, 50ul);
        Assert.Contains("anon", stats.MemoryStats.Stats.Keys);
        Assert.Equal(1ul, stats.MemoryStats.OomKills);
        await container.SignalAsync(9);
        await container.WaitAsync();
        Assert.Equal(1ul, (await StatsAsync(container)).MemoryStats.OomKills);
        await container.RemoveAsync();
    }

    private static Task PauseAsync(GuestContainer container) =>
        container.Vm.Agent.PauseContainerAsync(new PauseContainerRequest { ContainerId = container.Id }, GuestVm.CallTimeout, CancellationToken.None);

    private static Task ResumeAsync(GuestContainer container) =>
        container.Vm.Agent.ResumeContainerAsync(new ResumeContainerRequest { ContainerId = container.Id }, GuestVm.CallTimeout, CancellationToken.None);

    private static Task<ListProcessesResponse> ListAsync(GuestContainer container) =>
        container.Vm.Agent.ListProcessesAsync(new ListProcessesRequest { ContainerId = container.Id }, GuestVm.CallTimeout, CancellationToken.None);

    private static async Task<CgroupStats> StatsAsync(GuestContainer container) =>
        (await container.Vm.Agent.StatsContainerAsync(new StatsContainerRequest { ContainerId = container.Id }, GuestVm.CallTimeout, CancellationToken.None)).CgroupStats;

    private static async Task FailsAsync(Func<Task> call, string message)
    {
        var failure = await Assert.ThrowsAsync<TtrpcException>(call);
        Assert.Equal((StatusCode.FailedPrecondition, message), (failure.Code, failure.Message));
    }

    // Reads until half a second passes without output. Returns the number of bytes.
    private static async Task<ulong> DrainAsync(GuestProcess process)
    {
        var read = 0ul;
        for (var size = 1; size > 0; read += (ulong)size)
        {
            size = (await process.ReadAsync(read, waitMs: 500)).Data.Length;
        }

        return read;
    }

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        for (var attempt = 0; !await holds(); attempt++)
        {
            Assert.True(attempt < 100, "it does not become true");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
