using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class CpuAffinitySpecs
{
    [Fact]
    public void Should_let_a_thread_run_where_it_is_told()
    {
        using var child = ChildScript.Start("exec sleep 600");
        var before = CpuAffinity.Get(child.Pid);

        CpuAffinity.Set(child.Pid, [before[^1]]);
        Assert.Equal([before[^1]], CpuAffinity.Get(child.Pid));

        CpuAffinity.Set(child.Pid, [.. before]);
        Assert.Equal(before, CpuAffinity.Get(child.Pid));
    }

    [Fact]
    public void Should_fail_when_there_is_no_such_cpu()
    {
        using var child = ChildScript.Start("exec sleep 600");

        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => CpuAffinity.Set(child.Pid, [8191])).Errno);
    }

    [Fact]
    public void Should_say_which_thread_does_not_exist() =>
        Assert.Equal("sched_setaffinity \"thread 2147483646\": no such process", Assert.Throws<LinuxException>(() => CpuAffinity.Set(int.MaxValue - 1, [0])).Message);
}
