namespace KataActors.EndToEnd.Tests;

/// <summary>The parts of a spec that only a guest's kernel can fulfil, from the command line to the processes of a container and back.</summary>
public sealed class LinuxSectionSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const string Show =
        "cat /proc/sys/kernel/domainname /proc/sys/net/core/somaxconn; uname -m; busybox cut -d' ' -f19,41 /proc/self/stat; busybox ionice; "
        + "busybox grep Seccomp: /proc/self/status; busybox mkdir /dev/x 2>&1; : < /dev/mine && echo opened";

    private const string Shown =
        "own.domain\n1000\ni686\n7 3\nbest-effort: prio 6\nSeccomp:\t2\nmkdir: can't create directory '/dev/x': Operation not supported\nopened\n";

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_give_a_container_and_its_execs_all_that_their_kernel_can_give()
    {
        var bundle = _daemon.ShellBundle($"{Show}; exec sleep 1000")
            .With("domainname", "own.domain")
            .With("linux.sysctl", new JsonObject { ["net.core.somaxconn"] = "1000" })
            .With("linux.personality", new JsonObject { ["domain"] = "LINUX32" })
            .With("linux.seccomp", JsonNode.Parse("""
                {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
                """))
            .With("linux.devices", JsonNode.Parse("""[{"path": "/dev/mine", "type": "c", "major": 10, "minor": 229}]"""))
            .With("linux.resources", JsonNode.Parse("""{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"}]}"""))
            .With("process.scheduler", JsonNode.Parse("""{"policy": "SCHED_BATCH", "nice": 7}"""))
            .With("process.ioPriority", JsonNode.Parse("""{"class": "IOPRIO_CLASS_BE", "priority": 6}"""))
            .With("process.execCPUAffinity", JsonNode.Parse("""{"final": "0"}"""));
        var id = _daemon.NewId();

        var create = _daemon.Start("create", "--bundle", bundle.Path, id);
        (await create.FinishAsync()).MustSucceed();
        await _daemon.SucceedAsync("start", id);

        await create.OutputAsync(Shown);
        Assert.Equal(Shown, (await _daemon.RunAsync("exec", id, "sh", "-c", Show)).MustSucceed().Output);
        Assert.DoesNotContain(_daemon.Log.Split('\n'), line => line.Contains(id, StringComparison.Ordinal) && line.Contains("not applied", StringComparison.Ordinal));
        await _daemon.SucceedAsync("delete", "--force", id);
    }
}
