using Xunit;

namespace KataActors.Linux.Tests;

public sealed class MountInfoSpecs
{
    [Fact]
    public void Should_read_all_fields_with_any_number_of_tags()
    {
        var mounts = MountInfo.Parse(
            """
            36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 propagate_from:2 - ext3 /dev/ro\134ot rw,errors=continue
            32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct
            """);

        Assert.Equal(["/mnt 2", "/sys/fs/cgroup/cpu"], mounts.Select(mount => mount.MountPoint));
        Assert.Equal(("/mnt1", "ext3", @"/dev/ro\ot"), (mounts[0].Root, mounts[0].Type, mounts[0].Source));
        Assert.Equal(["rw", "cpu", "cpuacct"], mounts[1].SuperOptions);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("36 35 98:0 /mnt1 /mnt2 rw -")]
    [InlineData("36 35 98:0 /mnt1 /mnt2 rw - ext3 /dev/root")]
    public void Should_pass_over_what_is_no_mount(string text) => Assert.Empty(MountInfo.Parse(text));

    [Fact]
    public void Should_see_the_root_of_this_machine() => Assert.Contains(MountInfo.ReadOwn(), mount => mount.MountPoint == "/");
}
