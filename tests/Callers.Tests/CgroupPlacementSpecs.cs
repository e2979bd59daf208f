namespace KataActors.Callers.Tests;

/// <summary>With the host group exactly where the caller names it, which other groups of the caller's lie beside.</summary>
public sealed class CgroupPlacementSpecs
{
    private const string Configuration = "kata-actors.cgroups.parent = spec";
    private const string Root = "/sys/fs/cgroup";

    [Fact]
    public async Task Should_put_the_vm_where_podman_names_its_group_and_leave_conmons_alone()
    {
        await using var podman = new Podman(Configuration);
        await podman.InitializeAsync();

        var id = (await podman.RunAsync("run", "-d", "--network", "none", "--cpu-period", "100000", "--cpu-quota", "60000", BusyboxImage.Name, "/bin/sleep", "1000"))
            .MustExit(0).Output.Trim();

        MustHoldTheVm($"libpod_parent/libpod-{id}");
        (await podman.RunAsync("rm", "--force", "--time", "0", id)).MustExit(0);
        await MustBeGoneAsync($"libpod_parent/libpod-{id}");
        await podman.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_put_the_vm_where_ctr_names_its_group()
    {
        await using var containerd = new Containerd(Configuration);
        await containerd.InitializeAsync();

        (await containerd.RunAsync([.. containerd.Run("-d", "--cpu-period", "100000", "--cpu-quota", "60000"), "placed1", "/bin/sleep", "1000"])).MustExit(0);

        MustHoldTheVm($"{containerd.Namespace}/placed1");
        await containerd.RemoveAsync("placed1");
        await MustBeGoneAsync($"{containerd.Namespace}/placed1");
        await containerd.Runtime.MustBeEmptyAsync();
    }

    private static void MustHoldTheVm(string group)
    {
        Assert.Equal("60000", File.ReadAllText($"{Root}/cpu/{group}/vcpu/cpu.cfs_quota_us").Trim());
        Assert.Contains(
            File.ReadAllLines($"{Root}/cpu/{group}/cgroup.procs"),
            pid => File.ReadAllText($"/proc/{pid}/cmdline").Contains("qemu", StringComparison.Ordinal));
    }

    // The parent group stays, as with runc, and so does conmon's group, which conmon may just be leaving: the test removes both.
    private static async Task MustBeGoneAsync(string group)
    {
        foreach (var hierarchy in Directory.GetDirectories(Root))
        {
            Assert.False(Directory.Exists(Path.Combine(hierarchy, group)));
            var parent = Path.Combine(hierarchy, Path.GetDirectoryName(group)!);
            await Eventually.TrueAsync(() => IsRemoved(Path.Combine(parent, "conmon")) && IsRemoved(parent), () => $"\"{parent}\" cannot be removed");
        }
    }

    private static bool IsRemoved(string group)
    {
        try
        {
            Directory.Delete(group);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
