using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>The rights of a real QEMU on the host.</summary>
[Collection(ProcessWide.Name)]
public sealed class VmmConfinementSpecs : IDisposable
{
    // CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID.
    private const string Capabilities = "000000000000001f";

    private readonly RealVm _vm = new();

    public void Dispose() => _vm.Dispose();

    [Fact]
    public async Task Should_have_the_capabilities_of_a_file_server_and_gain_none_when_started()
    {
        using var process = await _vm.LaunchAsync();

        foreach (var thread in Directory.GetDirectories($"/proc/{process.Identity.Pid}/task"))
        {
            var status = File.ReadAllLines($"{thread}/status");
            Assert.Contains("NoNewPrivs:\t1", status);
            Assert.Contains("CapInh:\t0000000000000000", status);
            Assert.Contains($"CapPrm:\t{Capabilities}", status);
            Assert.Contains($"CapEff:\t{Capabilities}", status);
            Assert.Contains($"CapBnd:\t{Capabilities}", status);
            Assert.Contains("CapAmb:\t0000000000000000", status);
            Assert.Contains("Uid:\t0\t0\t0\t0", status);
        }
    }

    [Fact]
    public async Task Should_leave_the_capabilities_of_the_launching_process_when_started()
    {
        using var process = await _vm.LaunchAsync();

        foreach (var thread in Directory.GetDirectories("/proc/self/task"))
        {
            // The thread of another test's launch has dropped capabilities, too, until it ends.
            await Eventually.HoldsAsync(() => !ReadStatus(thread).Contains($"CapBnd:\t{Capabilities}"));
        }
    }

    [Fact]
    public async Task Should_have_an_empty_network_namespace_when_none_is_given()
    {
        using var process = await _vm.LaunchAsync();

        Assert.NotEqual(Link("self", "ns/net"), Link(process.Identity.Pid, "ns/net"));
        Assert.StartsWith("lo:", Assert.Single(File.ReadAllLines($"/proc/{process.Identity.Pid}/net/dev").Skip(2)).Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_have_the_stated_limits_when_started()
    {
        ProcessLimits.TrySet(0, ProcessResource.Stack, StartConditions.Stack, StartConditions.Stack); // As the daemon's own start does.
        using var process = await _vm.LaunchAsync();

        var limits = Limits(process.Identity.Pid);
        Assert.Equal("0 0", limits["Max core file size"]);
        Assert.Equal("8388608 8388608", limits["Max stack size"]);
        Assert.Equal("8388608 8388608", limits["Max locked memory"]);
        Assert.Equal("32768 32768", limits["Max processes"]);
        Assert.Equal("32768 32768", limits["Max pending signals"]);
        Assert.Equal("0 0", limits["Max msgqueue size"]);
        Assert.Equal("0 0", limits["Max nice priority"]);
        Assert.Equal("0 0", limits["Max realtime priority"]);
        foreach (var unlimited in new[] { "Max cpu time", "Max file size", "Max data size", "Max address space" })
        {
            Assert.Equal("unlimited unlimited", limits[unlimited]);
        }

        var files = limits["Max open files"].Split(' ');
        Assert.Equal(files[1], files[0]);
        Assert.Equal("0", File.ReadAllText($"/proc/{process.Identity.Pid}/oom_score_adj").Trim());
    }

    [Fact]
    public async Task Should_warn_outside_of_the_namespaces_of_the_VMM()
    {
        // A log may start a thread of the pool, which would be born where its creator is.
        var places = new List<string?>();
        var launcher = new VmmLauncher(_ => places.Add(Link("thread-self", "ns/mnt")));
        ProcessLimits.TrySet(0, ProcessResource.Stack, StartConditions.Stack / 2, StartConditions.Stack);

        using var process = await launcher.LaunchAsync(_vm.Config, null, Deadline.Span, Deadline.Token);
        ProcessLimits.TrySet(0, ProcessResource.Stack, StartConditions.Stack, StartConditions.Stack);

        Assert.NotEmpty(places);
        Assert.All(places, place => Assert.Equal(Link("self", "ns/mnt"), place));
    }

    private static Dictionary<string, string> Limits(int pid) => File.ReadAllLines($"/proc/{pid}/limits").Skip(1).ToDictionary(
        line => line[..26].Trim(), line => string.Join(' ', line[26..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2)));

    private static string[] ReadStatus(string thread)
    {
        try
        {
            return File.ReadAllLines($"{thread}/status");
        }
        catch (IOException)
        {
            // It has ended.
            return [];
        }
    }

    private static string Link(object pid, string name) => new FileInfo($"/proc/{pid}/{name}").LinkTarget!;
}
