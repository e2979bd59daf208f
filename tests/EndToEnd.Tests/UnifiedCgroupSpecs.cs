using KataActors.TestSupport;

namespace KataActors.EndToEnd.Tests;

/// <summary>
/// cgroup v2 on a real kernel, without touching the host's: the suite of src/Cgroups runs as a container in a VM of our own, whose kernel is Debian's.
/// </summary>
public sealed class UnifiedCgroupSpecs
{
    private const string Suite = "KataActors.Cgroups.Tests.dll";

    // Emulated, .NET takes its time.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(9);

    [Fact]
    public async Task Should_pass_the_suite_of_host_cgroups_in_a_guest_with_the_unified_hierarchy()
    {
        Assert.True(File.Exists(Installation.DebianInitramfs), $"\"{Installation.DebianInitramfs}\" is missing: make test builds it");
        await using var daemon = await DaemonUnderTest.StartAsync($$"""
            kata-actors.hypervisor {
              kernel = "{{Installation.DebianKernel}}"
              initramfs = "{{Installation.DebianInitramfs}}"
              default-memory = 1 GiB
              default-vcpus = 2
              default-maxvcpus = 2
            }
            """);
        var suite = Path.Combine(AppContext.BaseDirectory.Replace("EndToEnd.Tests", "Cgroups.Tests", StringComparison.Ordinal), Suite);
        Assert.True(File.Exists(suite), $"\"{suite}\" is not built");
        var threads = await ThreadedProgram.CompileAsync(Directory.CreateDirectory(Path.Combine(daemon.Bundles, "program")).FullName);
        var bundle = Bundle(daemon, suite, threads);

        var run = daemon.Start("run", "--bundle", bundle.Path, daemon.NewId());
        var result = await run.FinishAsync(s_limit);

        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}: {result.Output}{result.Errors}");
        Assert.Matches(@"Total: \d\d\d?, Errors: 0, Failed: 0, Skipped: 0", result.Output);
        Assert.Contains("unified: cpuset cpu", result.Output);
    }

    private static TestBundle Bundle(DaemonUnderTest daemon, string suite, string threads)
    {
        // The group of the container becomes the root of a hierarchy of its own: all processes leave it for a leaf, so that it can have controllers.
        var script = $"""
            set -e
            cd /sys/fs/cgroup
            mkdir init
            for pid in $(cat cgroup.procs); do echo $pid > init/cgroup.procs || :; done
            echo unified: $(cat cgroup.controllers)
            exec {DotnetRoot}/dotnet exec {suite} -noLogo -noColor -parallel none -class KataActors.Cgroups.Tests.HostCgroupSpecs -class KataActors.Cgroups.Tests.CgroupCycleSpecs
            """;
        var bundle = daemon.Bundle("/bin/sh", "-c", script);
        var rootfs = bundle.Rootfs;
        Directory.Delete(Path.Combine(rootfs, "bin"), recursive: true);
        var mounts = bundle.Spec["mounts"]!.AsArray();
        foreach (var name in new[] { "bin", "lib", "lib64" })
        {
            File.CreateSymbolicLink(Path.Combine(rootfs, name), $"usr/{name}");
        }

        // First, since the bind source may lie below.
        mounts.Add(new JsonObject { ["destination"] = "/tmp", ["type"] = "tmpfs", ["source"] = "tmpfs" });
        foreach (var source in new[] { "/usr", DotnetRoot, Path.GetDirectoryName(suite)!, Path.GetDirectoryName(threads)!, "/etc/alternatives" }.Distinct())
        {
            if (source == "/usr" || !source.StartsWith("/usr/", StringComparison.Ordinal))
            {
                mounts.Add(new JsonObject { ["destination"] = source, ["type"] = "bind", ["source"] = source, ["options"] = new JsonArray("rbind", "ro") });
            }
        }

        mounts.Add(new JsonObject { ["destination"] = "/sys", ["type"] = "sysfs", ["source"] = "sysfs" });
        mounts.Add(new JsonObject { ["destination"] = "/sys/fs/cgroup", ["type"] = "cgroup", ["source"] = "cgroup", ["options"] = new JsonArray("rw") });
        bundle.Spec["process"]!["env"] = new JsonArray(
            "PATH=/usr/bin:/bin", "HOME=/tmp", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1", "DOTNET_EnableDiagnostics=0", $"{ThreadedProgram.Variable}={threads}");
        return bundle.With("process.capabilities", Capabilities());
    }

    private static JsonObject Capabilities()
    {
        var all = new JsonObject();
        foreach (var set in new[] { "bounding", "effective", "permitted" })
        {
            all[set] = new JsonArray("CAP_SYS_ADMIN", "CAP_SYS_NICE", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SYS_RESOURCE");
        }

        return all;
    }

    private static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
}
