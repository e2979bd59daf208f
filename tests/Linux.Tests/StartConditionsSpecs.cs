using KataActors.Linux.Guest;
using KataActors.Linux.Native;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class StartConditionsSpecs
{
    private const ulong SystemResources = 1ul << 24;

    // Far more than these tests take.
    private const ulong Lowered = 1ul << 50;

    private static readonly ProcessResource[] s_lowered =
        [ProcessResource.CpuTime, ProcessResource.FileSize, ProcessResource.Data, ProcessResource.AddressSpace];

    [Fact]
    public void Should_start_a_child_with_the_usual_priority_and_cpus_when_the_thread_has_others()
    {
        var all = CpuAffinity.Get(0);
        using var other = StartUnderOthers(take: false);
        Assert.Equal("10", Nice(other));

        using var child = StartUnderOthers(take: true);

        Assert.Equal("0", Nice(child));
        Assert.Equal(all, CpuAffinity.Get(child.Pid));
    }

    [Fact]
    public async Task Should_give_a_process_the_usual_limits_when_it_has_others()
    {
        using var child = ChildScript.Start("ulimit -S -f 100; ulimit -S -t 100; ulimit -S -l 16; echo 500 >/proc/self/oom_score_adj; echo ready; exec sleep 600");
        Assert.Equal("ready", await child.ReadLineAsync());
        Assert.Equal(100ul, ProcessLimits.Get(child.Pid, ProcessResource.CpuTime).Soft);

        StartConditions.Give(child.Pid, Assert.Fail);

        Assert.Equal("0", KernelFiles.Read($"/proc/{child.Pid}/oom_score_adj").Trim());
        Assert.Equal((ProcessLimits.Infinity, ProcessLimits.Infinity), ProcessLimits.Get(child.Pid, ProcessResource.FileSize));
        Assert.Equal((ProcessLimits.Infinity, ProcessLimits.Infinity), ProcessLimits.Get(child.Pid, ProcessResource.CpuTime));
        Assert.Equal((8ul << 20, 8ul << 20), ProcessLimits.Get(child.Pid, ProcessResource.LockedMemory));
        Assert.Equal((0ul, 0ul), ProcessLimits.Get(child.Pid, ProcessResource.CoreDump));
    }

    [Fact]
    public async Task Should_name_what_may_not_be_raised_and_give_as_much_as_may()
    {
        using var child = ChildScript.Start("ulimit -S -f 10; ulimit -H -f 100; echo ready; exec sleep 600");
        Assert.Equal("ready", await child.ReadLineAsync());
        List<string> unmet = [];

        WithoutSystemResources(() =>
        {
            StartConditions.Give(child.Pid, unmet.Add);
            return true;
        });

        Assert.Equal(["the limit of FileSize cannot be raised"], unmet);
        var (soft, hard) = ProcessLimits.Get(child.Pid, ProcessResource.FileSize);
        Assert.Equal(hard, soft);
        Assert.NotEqual(ProcessLimits.Infinity, hard);
        Assert.Equal((0ul, 0ul), ProcessLimits.Get(child.Pid, ProcessResource.CoreDump));
    }

    [Fact]
    public void Should_have_as_much_as_it_may_when_this_process_may_raise_no_hard_limit()
    {
        var before = s_lowered.Select(resource => ProcessLimits.Get(0, resource).Hard).ToArray();
        var files = ProcessLimits.Get(0, ProcessResource.OpenFiles).Hard;
        LowerSoft();

        Assert.Equal(files, WithoutSystemResources(StartConditions.RaiseOwnLimits));

        Assert.Equal((files, files), ProcessLimits.Get(0, ProcessResource.OpenFiles));
        Assert.Equal(StartConditions.Stack, ProcessLimits.Get(0, ProcessResource.Stack).Soft);
        Assert.Equal(before.Select(hard => (hard, hard)), s_lowered.Select(resource => ProcessLimits.Get(0, resource)));
    }

    [Fact]
    public void Should_have_what_children_must_begin_with_when_this_process_may_raise_hard_limits()
    {
        Assert.SkipUnless((ThreadCredentials.PermittedCapabilities() & SystemResources) != 0, "no CAP_SYS_RESOURCE");
        LowerSoft();
        foreach (var resource in s_lowered)
        {
            ProcessLimits.Set(0, resource, Lowered, Lowered);
        }

        ProcessLimits.Set(0, ProcessResource.OpenFiles, 4096, 8192);

        Assert.Equal(StartConditions.OpenFiles, StartConditions.RaiseOwnLimits());

        Assert.Equal((StartConditions.OpenFiles, StartConditions.OpenFiles), ProcessLimits.Get(0, ProcessResource.OpenFiles));
        Assert.All(s_lowered, resource => Assert.Equal((ProcessLimits.Infinity, ProcessLimits.Infinity), ProcessLimits.Get(0, resource)));
    }

    [Fact]
    public void Should_fail_when_there_is_no_such_process() =>
        Assert.Equal(
            "prlimit \"FileSize of process 2147483646\": no such process",
            Assert.Throws<LinuxException>(() => ProcessLimits.TrySet(int.MaxValue - 1, ProcessResource.FileSize, 1, 1)).Message);

    private static void LowerSoft()
    {
        foreach (var resource in s_lowered)
        {
            ProcessLimits.Set(0, resource, Lowered, ProcessLimits.Get(0, resource).Hard);
        }

        ProcessLimits.Set(0, ProcessResource.Stack, StartConditions.Stack / 2, ProcessLimits.Get(0, ProcessResource.Stack).Hard);
        ProcessLimits.Set(0, ProcessResource.OpenFiles, 4096, ProcessLimits.Get(0, ProcessResource.OpenFiles).Hard);
    }

    private static T WithoutSystemResources<T>(Func<T> body) => NamespaceThread.Run(() =>
    {
        var kept = ThreadCredentials.PermittedCapabilities() & ~SystemResources;
        ThreadCredentials.SetCapabilities(kept, kept, 0);
        return body();
    });

    private static unsafe ChildScript StartUnderOthers(bool take) => NamespaceThread.Run(() =>
    {
        CpuAffinity.Set(0, [CpuAffinity.Get(0)[0]]);
        var nice = new SchedulingAttributes { Size = (uint)sizeof(SchedulingAttributes), Nice = 10 };
        // SAFETY: the kernel reads as many bytes as the struct says, during the call.
        Assert.Equal(0, LibC.sched_setattr(Constants.SysSchedSetattr, 0, &nice, 0));
        if (take)
        {
            StartConditions.TakeOnThread(Assert.Fail);
        }

        return ChildScript.Start("exec sleep 600");
    });

    // The 19th field of proc_pid_stat(5).
    private static string Nice(ChildScript child) => KernelFiles.Read($"/proc/{child.Pid}/stat").Split(") ")[1].Split(' ')[16];
}
