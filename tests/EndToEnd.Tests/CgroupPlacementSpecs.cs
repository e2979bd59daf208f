namespace KataActors.EndToEnd.Tests;

/// <summary>Host cgroups that are not below the common parent.</summary>
public sealed class CgroupPlacementSpecs
{
    private const string Cpu = "/sys/fs/cgroup/cpu";

    [Theory]
    [InlineData("/{0}/pod/c", "{0}/pod/c")]
    [InlineData("{0}-x.slice:cri:c", "{0}.slice/{0}-x.slice/cri-c.scope")]
    public async Task Should_be_exactly_at_the_path_of_the_spec_and_be_found_again_after_a_crash(string pattern, string groupPattern)
    {
        await using var daemon = await DaemonUnderTest.StartAsync("kata-actors.cgroups.parent = spec");
        var id = daemon.NewId();
        var name = $"e2e{Environment.ProcessId}t";
        var path = string.Format(groupPattern, name);
        var bundle = daemon.Bundle("sleep", "1000").WithCpu(60000, 100000).With("linux.cgroupsPath", string.Format(pattern, name));
        await daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);

        var group = Path.Combine(Cpu, path);
        Assert.Equal("60000", HostCgroupSpecs.Read(group, "vcpu/cpu.cfs_quota_us"));
        Assert.Contains((int)(await daemon.InspectAsync(id))["vmmPid"]!, HostCgroupSpecs.Tasks(group));
        Assert.Equal(HostCgroupSpecs.Numbers((await daemon.InspectAsync(id))["vcpuTids"]!), HostCgroupSpecs.Tasks(Path.Combine(group, "vcpu")));
        Assert.False(Directory.Exists(Path.Combine(Cpu, "kata", id)));

        daemon.Kill();
        // The first one may still meet the daemon that is dying.
        await Eventually.TrueAsync(async () => (await daemon.RunAsync("delete", "--force", id)).ExitCode == 0, () => $"\"{id}\" cannot be deleted");
        Assert.All(HostCgroupSpecs.Hierarchies(), hierarchy => Assert.False(Directory.Exists(Path.Combine(hierarchy, path))));
        RemoveParents(Path.GetDirectoryName(path)!);
    }

    [Theory]
    [InlineData("kata-actors.cgroups.parent = spec")]
    [InlineData("kata-actors.cgroups.parent = kata")]
    public async Task Should_refuse_name_and_keep_a_group_that_somebody_else_made(string configuration)
    {
        await using var daemon = await DaemonUnderTest.StartAsync(configuration);
        var id = daemon.NewId();
        var name = $"e2e{Environment.ProcessId}f";
        var group = Path.Combine(Cpu, configuration.EndsWith("spec", StringComparison.Ordinal) ? $"{name}/{id}" : $"kata/{id}");
        KernelFiles.MakeDirectories(group, (UnixFileMode)0b111_101_101);
        try
        {
            var bundle = daemon.Bundle("sleep", "1000").With("linux.cgroupsPath", $"/{name}/{id}");

            (await daemon.RunAsync("run", "--detach", "--bundle", bundle.Path, id)).MustFail(1, $"\"{group}\" exists already");

            Assert.Equal("", (await daemon.RunAsync("list", "--quiet")).MustSucceed().Output);
            Assert.All(HostCgroupSpecs.Hierarchies().Select(hierarchy => group.Replace(Cpu, hierarchy, StringComparison.Ordinal)), path => Assert.Equal(path == group, Directory.Exists(path)));
        }
        finally
        {
            KernelFiles.RemoveDirectory(group);
            RemoveParents(name);
        }
    }

    [Fact]
    public async Task Should_hold_all_threads_in_one_group_when_told()
    {
        await using var daemon = await DaemonUnderTest.StartAsync("kata-actors.cgroups.sandbox-cgroup-only = on");
        var id = daemon.NewId();
        await daemon.SucceedAsync("run", "--detach", "--bundle", daemon.Bundle("sleep", "1000").WithCpu(60000, 100000).Path, id);

        var sandbox = await daemon.InspectAsync(id);
        var group = Path.Combine(Cpu, "kata", id);
        Assert.Equal("60000", HostCgroupSpecs.Read(group, "cpu.cfs_quota_us"));
        Assert.Contains((int)sandbox["vmmPid"]!, HostCgroupSpecs.Tasks(group));
        Assert.Subset(HostCgroupSpecs.Tasks(group).ToHashSet(), HostCgroupSpecs.Numbers(sandbox["vcpuTids"]!).ToHashSet());
        Assert.Empty(Directory.GetDirectories(group));

        await daemon.SucceedAsync("delete", "--force", id);
        Assert.Empty(daemon.Cgroups());
    }

    [Fact]
    public async Task Should_refuse_a_path_that_leads_out_and_make_nothing()
    {
        await using var daemon = await DaemonUnderTest.StartAsync("kata-actors.cgroups.parent = spec");
        var id = daemon.NewId();
        var bundle = daemon.Bundle("true").With("linux.cgroupsPath", "/../../etc/x");

        (await daemon.RunAsync("create", "--bundle", bundle.Path, id)).MustFail(1, $"\"{id}\"", "linux.cgroupsPath \"/../../etc/x\" cannot be followed: it holds");

        Assert.Equal("", (await daemon.RunAsync("list", "--quiet")).MustSucceed().Output);
    }

    private static void RemoveParents(string parent)
    {
        foreach (var hierarchy in HostCgroupSpecs.Hierarchies())
        {
            for (var path = parent; path.Length > 0; path = Path.GetDirectoryName(path)!)
            {
                KernelFiles.RemoveDirectory(Path.Combine(hierarchy, path));
            }
        }
    }
}
