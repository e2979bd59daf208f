using System.Globalization;
using System.Security.Cryptography;
using Patience = KataActors.TestSupport.Patience;

namespace KataActors.Kvm.Tests;

/// <summary>Clones of a template under KVM, and all that a running container is asked for.</summary>
public sealed class CloneSpecs(KvmHost host)
{
    private const int MiB = 1024 * 1024;
    private const string Online = "while :; do echo on $(busybox grep -c ^processor /proc/cpuinfo); sleep 0.5; done";

    private readonly DaemonUnderTest _daemon = host.Daemon;

    [Fact]
    public async Task Should_give_two_clones_different_random_numbers_and_the_time()
    {
        const string script = "head -c 16 /dev/urandom | busybox od -An -tx1; busybox date +%s; exec sleep 1000";
        List<string> numbers = [];
        for (var clone = 0; clone < 2; clone++)
        {
            var (id, run) = await host.RunAsync("template", script);
            await Eventually.TrueAsync(() => run.Output.Count(c => c == '\n') == 2, () => run.Output + run.Errors);
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            var lines = run.Output.Split('\n');
            Assert.InRange(long.Parse(lines[1], CultureInfo.InvariantCulture) - now, -5 * Patience.Factor, 5);
            Assert.Equal(16, lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
            numbers.Add(lines[0]);
            await _daemon.SucceedAsync("delete", "--force", id);
        }

        Assert.NotEqual(numbers[0], numbers[1]);
    }

    [Fact]
    public async Task Should_lose_nothing_of_stdin_and_stdout_and_give_the_exit_code_of_a_process()
    {
        var (id, _) = await host.RunAsync("template", "exec sleep 1000");
        var data = RandomNumberGenerator.GetBytes(MiB);
        var file = Path.Combine(_daemon.Directory, "data");
        await File.WriteAllBytesAsync(file, data, TestContext.Current.CancellationToken);
        using var stdin = File.OpenHandle(file);

        var copy = _daemon.Start(stdin, null, "exec", id, "cat");
        (await copy.FinishAsync()).MustSucceed();

        Assert.Equal(SHA256.HashData(data), SHA256.HashData(await File.ReadAllBytesAsync(copy.OutputFile, TestContext.Current.CancellationToken)));
        var failing = await _daemon.RunAsync("exec", id, "sh", "-c", "echo out; echo err >&2; exit 5");
        Assert.Equal((5, "out\n", "err\n"), (failing.ExitCode, failing.Output, failing.Errors));
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_pause_and_resume()
    {
        var (id, run) = await host.RunAsync("template", "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.2; done");
        await run.OutputAsync("line 3\n");

        await _daemon.SucceedAsync("pause", id);
        Assert.Equal("paused", await _daemon.StatusAsync(id));
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        var lines = run.Output.Count(c => c == '\n');
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        Assert.Equal(lines, run.Output.Count(c => c == '\n'));

        await _daemon.SucceedAsync("resume", id);
        await run.OutputAsync($"line {lines + 3}\n");
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_plug_and_really_unplug_vcpus_and_plug_them_again()
    {
        var (id, run) = await host.RunAsync("template", Online);
        var group = new VcpuGroup(id);
        var vmm = await host.VmmAsync(id);
        await SaysAsync(run, "on 1");

        foreach (var (quota, vcpus) in new[] { (150000, 3), (-1, 1), (90000, 2) })
        {
            await _daemon.SucceedAsync("update", "--cpu-quota", $"{quota}", id);
            // A vCPU that is only taken off-line would keep its thread.
            await Eventually.TrueAsync(() => group.Threads.Length == vcpus, () => $"{group.Threads.Length} threads in \"{group.Path}\", not {vcpus}");
            group.MustHoldThreadsOf(vmm);
            await SaysAsync(run, $"on {vcpus}");
        }

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_hold_the_vcpus_to_their_quota()
    {
        var (id, run) = await host.RunAsync("template", "echo busy; while :; do :; done");
        await run.OutputAsync("busy\n");
        var vmm = await host.VmmAsync(id);
        await _daemon.SucceedAsync("update", "--cpu-quota", "20000", id);
        var group = new VcpuGroup(id);
        Assert.Equal("20000/100000", group.Limit);

        var usage = await group.UsageAsync(vmm, TimeSpan.FromSeconds(5));

        Assert.InRange(usage, 0.05, 0.25);
        Assert.True(group.Throttled > 0);
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_adopt_a_vm_when_the_daemon_is_killed_and_say_why_it_ended_when_qemu_is_killed_then()
    {
        var (id, run) = await host.RunAsync("template", "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.5; done");
        await run.OutputAsync("line 2\n");
        var vmm = await host.VmmAsync(id);

        var dead = _daemon.Pid;
        _daemon.Kill();
        await Eventually.TrueAsync(async () => _daemon.Pid is not 0 and var pid && pid != dead && await _daemon.AnswersAsync(), () => "the daemon does not come back");
        var lines = Lines(run);
        // A daemon answers 10 s after it has read its list of sandboxes, also when it has not taken all of them over.
        CommandResult? exec = null;
        await Eventually.TrueAsync(async () => (exec = await _daemon.RunAsync("exec", id, "echo", "added")).ExitCode == 0, () => $"no exec: {exec?.Errors}");
        Assert.Equal("added\n", exec!.Output);
        Assert.Equal(("running", vmm), (await _daemon.StatusAsync(id), await host.VmmAsync(id)));

        await run.OutputAsync($"line {lines.Length + 3}\n");
        lines = Lines(run);
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(line => $"line {line}"), lines);

        FactoryUnderTest.Kill(vmm);
        await _daemon.StatusAsync(id, "stopped");
        Assert.Equal("QEMU ended", (string)(await _daemon.InspectAsync(id))["reason"]!);
        await _daemon.SucceedAsync("delete", id);
    }

    // The whole lines so far.
    private static string[] Lines(RunningCommand run) => run.Output.Split('\n')[..^1];

    // Only the last line of the output, not the earlier ones.
    private static Task SaysAsync(RunningCommand run, string line) =>
        Eventually.TrueAsync(() => run.Output.TrimEnd('\n').Split('\n')[^1] == line, () => $"the guest does not say \"{line}\": {run.Output}{run.Errors}");
}
