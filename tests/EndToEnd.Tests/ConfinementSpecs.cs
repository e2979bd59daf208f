using System.Globalization;
using KataActors.Linux;

namespace KataActors.EndToEnd.Tests;

/// <summary>QEMU, and a daemon that starts on demand, inherit nothing from their starter.</summary>
public sealed class ConfinementSpecs
{
    // Settings that a shell, an engine or an administrator may have made for itself.
    private static readonly string[] s_starter =
    [
        "/usr/bin/nice", "-n", "10", "/usr/bin/ionice", "-c", "3", "/usr/bin/taskset", "1", "/usr/bin/choom", "-n", "500", "--",
        "/usr/bin/prlimit", "--nofile=256:", "--stack=1048576:", "--fsize=1073741824:", "--cpu=3600:", "--memlock=65536:", "--sigpending=500:",
    ];

    [Fact]
    public async Task Should_give_qemu_stated_values_when_the_daemon_was_started_with_others()
    {
        await using var daemon = await DaemonUnderTest.StartAsync(null, s_starter);
        Assert.Equal("10", Nice($"/proc/{daemon.Pid}/task/{daemon.Pid}"));
        var id = daemon.NewId();
        await daemon.SucceedAsync("run", "--detach", "--bundle", daemon.ShellBundle("exec sleep 1000").Path, id);
        var vmm = (int)(await daemon.InspectAsync(id))["vmmPid"]!;

        await MustHaveUsualConditionsAsync(daemon, vmm);
        var limits = Limits(vmm);
        Assert.Equal("8388608 8388608", limits["Max stack size"]);
        // 524288, where the daemon may raise its hard limit, and no less than the starter's in any case.
        var files = limits["Max open files"].Split(' ');
        var own = Limits(Environment.ProcessId)["Max open files"].Split(' ')[1];
        Assert.Contains(files[1], new[] { own, "524288" });
        Assert.Equal(files[1], files[0]);
        Assert.Equal(files, Limits(daemon.Pid)["Max open files"].Split(' '));
    }

    [Fact]
    public async Task Should_start_a_daemon_on_demand_with_none_of_the_callers_conditions()
    {
        await using var daemon = DaemonUnderTest.Absent();

        var list = daemon.StartProgram(null, null, [.. s_starter, Installation.CommandLine, "--address", daemon.Address, "list"]);
        (await list.FinishAsync()).MustSucceed();

        await MustHaveUsualConditionsAsync(daemon, daemon.Pid);
    }

    private static async Task MustHaveUsualConditionsAsync(DaemonUnderTest daemon, int pid)
    {
        foreach (var thread in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            Assert.Equal("0", Nice(thread));
            var cpus = Cpus(thread);
            // The kernel leaves of all CPUs those of the thread's cpuset.
            CpuAffinity.Set(int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), [.. Enumerable.Range(0, 8192)]);
            Assert.Equal(Cpus(thread), cpus);
        }

        var priority = await daemon.StartProgram(null, null, ["/usr/bin/ionice", "-p", pid.ToString(CultureInfo.InvariantCulture)]).FinishAsync();
        Assert.DoesNotContain("idle", priority.MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal("0", File.ReadAllText($"/proc/{pid}/oom_score_adj").Trim());
        var limits = Limits(pid);
        Assert.Equal("unlimited unlimited", limits["Max file size"]);
        Assert.Equal("unlimited unlimited", limits["Max cpu time"]);
        Assert.Equal("8388608 8388608", limits["Max locked memory"]);
        Assert.Equal("32768 32768", limits["Max pending signals"]);
        Assert.Equal("0 0", limits["Max core file size"]);
    }

    private static string Cpus(string thread) => File.ReadLines($"{thread}/status").Single(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));

    // The 19th field of proc_pid_stat(5).
    private static string Nice(string thread) => File.ReadAllText($"{thread}/stat").Split(") ")[1].Split(' ')[16];

    private static Dictionary<string, string> Limits(int pid) => File.ReadAllLines($"/proc/{pid}/limits").Skip(1).ToDictionary(
        line => line[..26].Trim(), line => string.Join(' ', line[26..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2)));
}
