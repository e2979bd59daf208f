namespace KataActors.Callers.Tests;

/// <summary>What podman asks of a runtime besides namespaces and cgroups: filters of system calls, devices, kernel parameters.</summary>
[Collection(PodmanCollection.Name)]
public sealed class PodmanLinuxSpecs(Podman podman)
{
    private const string State = "/bin/busybox grep Seccomp: /proc/self/status";

    // podman's profile denies it even where the capability is there; the kernel itself answers otherwise.
    private const string Denied = "/bin/busybox swapon /bin/busybox";

    [Fact]
    public async Task Should_apply_the_engines_profile_to_the_first_process_and_to_added_ones()
    {
        var id = (await podman.RunAsync("run", "-d", "--network", "none", "--cap-add", "SYS_ADMIN", BusyboxImage.Name, "/bin/sh", "-c", $"{State}; {Denied}; sleep 1000")).MustExit(0).Output.Trim();

        var added = await podman.RunAsync("exec", id, "/bin/sh", "-c", $"{State}; {Denied}");

        Assert.Equal("Seccomp:\t2\n", added.Output);
        Assert.Contains("Operation not permitted", added.Errors, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => Logs().Contains("Operation not permitted", StringComparison.Ordinal), Logs);
        Assert.StartsWith("Seccomp:\t2\n", Logs(), StringComparison.Ordinal);
        (await podman.RunAsync("rm", "--force", "--time", "0", id)).MustExit(0);

        string Logs()
        {
            var logs = podman.RunAsync("logs", id).GetAwaiter().GetResult();
            return logs.Output + logs.Errors;
        }
    }

    [Fact]
    public async Task Should_run_a_privileged_container_without_the_hosts_devices()
    {
        var result = (await podman.RunScriptAsync(
            $"{State}; {Denied}; /bin/busybox mknod /dev/other c 10 229 && : < /dev/other && echo every device; ls /dev/sda /dev/loop-control; /bin/busybox readlink /dev/ptmx",
            "--privileged")).MustExit(0);

        Assert.Equal("Seccomp:\t0\nevery device\npts/ptmx\n", result.Output);
        Assert.DoesNotContain("Operation not permitted", result.Errors, StringComparison.Ordinal);
        Assert.Contains("of the host are not in the guest and not given: ", podman.Runtime.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_keep_devices_from_a_container_that_may_make_nodes()
    {
        var result = (await podman.RunScriptAsync(
            "/bin/busybox mknod /dev/other c 10 229 && : < /dev/other", "--cap-add", "MKNOD")).MustExit(1);

        Assert.Contains("can't open /dev/other: Operation not permitted", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_give_a_device_that_the_guest_has()
    {
        var result = (await podman.RunScriptAsync("/bin/busybox stat -c '%F %t:%T' /dev/fuse; : < /dev/fuse && echo opened", "--device", "/dev/fuse:/dev/fuse:r")).MustExit(0);

        Assert.Equal("character special file a:e5\nopened\n", result.Output);
    }

    [Fact]
    public async Task Should_set_kernel_parameters_and_refuse_those_of_the_whole_kernel()
    {
        Assert.Equal("1000\n5000\n", (await podman.RunScriptAsync(
            "/bin/cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax", "--sysctl", "net.core.somaxconn=1000", "--sysctl", "kernel.msgmax=5000")).MustExit(0).Output);

        var refused = await podman.RunScriptAsync("true", "--sysctl", "kernel.pid_max=1000");

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("sysctl", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("kernel.pid_max", refused.Errors, StringComparison.Ordinal);
    }
}
