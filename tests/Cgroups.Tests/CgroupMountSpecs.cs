using KataActors.Linux;
using Xunit;

namespace KataActors.Cgroups.Tests;

public sealed class CgroupMountSpecs
{
    private const string Cpu = "31 30 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n";
    private const string Memory = "32 30 0:30 / /cg/memory rw - cgroup cgroup rw,memory\n";
    private const string Systemd = "33 30 0:31 / /cg/systemd rw - cgroup cgroup rw,xattr,name=systemd\n";
    private const string Unified = "34 30 0:32 / /cg/unified rw - cgroup2 cgroup2 rw\n";

    [Theory]
    [InlineData(Cpu + Memory, "", "/cg/cpu /cg/memory")]
    [InlineData(Cpu + Memory + Systemd, "", "/cg/cpu /cg/memory")]
    [InlineData(Cpu + Unified, "", "/cg/cpu")]
    [InlineData(Cpu + Unified, "memory pids", "/cg/cpu")]
    [InlineData("31 30 0:29 / /cg/both rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n" + Memory, "", "/cg/both /cg/memory")]
    [InlineData(Unified, "cpuset cpu memory", "/cg/unified")]
    [InlineData(Memory + Unified, "cpu", "/cg/unified")]
    [InlineData(Unified, "memory", "")]
    [InlineData(Memory, "", "")]
    [InlineData("31 30 0:29 / /sys/fs/cgroup/cpu rw - tmpfs cpu rw,cpu\n", "", "")]
    [InlineData("31 30 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n35 30 0:29 /part /also rw - cgroup cgroup rw,cpu\n", "", "/cg/cpu")]
    [InlineData("", "", "")]
    public void Should_choose_the_hierarchies_of_the_version_that_holds_the_cpu_controller(string mountinfo, string unified, string expected) =>
        Assert.Equal(expected, string.Join(' ', CgroupMount.Choose(MountInfo.Parse(mountinfo), _ => unified + "\n").Select(mount => mount.MountPoint)));

    [Fact]
    public void Should_know_all_controllers_that_are_mounted_together() =>
        Assert.Equal(
            ["cpu", "cpuacct"],
            CgroupMount.Choose(MountInfo.Parse("31 30 0:29 / /cg/both rw - cgroup cgroup rw,cpu,cpuacct,clone_children"), _ => "")[0].Controllers);
}
