using KataActors.Linux;
using Xunit;

namespace KataActors.Cgroups.Tests;

public sealed class CgroupLayoutSpecs
{
    [Fact]
    public void Should_nest_three_levels()
    {
        var layout = CgroupLayout.Below("/sys/fs/cgroup/cpu", "web-1");

        Assert.Equal("/sys/fs/cgroup/cpu/kata", layout.Parent);
        Assert.Equal("/sys/fs/cgroup/cpu/kata/web-1", layout.Sandbox);
        Assert.Equal("/sys/fs/cgroup/cpu/kata/web-1/vcpu", layout.Vcpu);
    }

    public static TheoryData<string> NoNames => new("", ".", "..", "../x", "a/b", "/a", "a\0b", "a\nb", new string('x', 256), new string('ü', 128));

    [Theory]
    [MemberData(nameof(NoNames))]
    public void Should_refuse_what_would_leave_its_place(string name)
    {
        Assert.Throws<ArgumentException>(() => CgroupLayout.Below("/sys/fs/cgroup/cpu", name));
        Assert.Throws<ArgumentException>(() => CgroupActor.Props(new CgroupSettings(), name));
    }

    [Theory]
    [InlineData("31 30 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu", "/cg/cpu")]
    [InlineData("31 30 0:29 / /cg/both rw shared:9 - cgroup cgroup rw,cpu,cpuacct", "/cg/both")]
    [InlineData("31 30 0:29 / /cg/acct rw - cgroup cgroup rw,cpuacct\n32 30 0:30 / /cg/set rw - cgroup cgroup rw,cpuset", null)]
    [InlineData("31 30 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,cpu", null)]
    [InlineData("31 30 0:29 / /sys/fs/cgroup/cpu rw - tmpfs cpu rw,cpu", null)]
    public void Should_find_the_hierarchy_by_its_controller(string mountinfo, string? expected) =>
        Assert.Equal(expected, CgroupHierarchy.Find("cpu", MountInfo.Parse(mountinfo)));
}
