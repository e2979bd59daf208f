using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>User namespaces: ids 0 to 65535 of the container are 100000 to 165535 of the root filesystem.</summary>
public sealed class UserNamespaceSpecs(GuestFixture guest)
{
    private const uint First = 100_000;

    [Fact]
    public async Task Should_be_root_of_its_own_ids_only()
    {
        var container = await MappedAsync(
            "sh", "-c", "id -u; cat /proc/self/uid_map /proc/self/gid_map; stat -c '%n %u:%g' /bin /own /dev /dev/null /dev/pts /dev/shm /made /tmp; touch /own/file /dev/shm/x; touch /bin/x || echo refused; echo x > /dev/null");
        var own = Directory.CreateDirectory(Path.Combine(container.RootOnHost, "own")).FullName;
        Assert.Equal(0, await ChownAsync($"{First}:{First}", own));
        container.Spec.Process.Cwd = "/made";
        container.Spec.Mounts.Add(new Mount { Destination = "/tmp", Type = "tmpfs", Source = "tmpfs", Options = { "uid=3", "gid=4" } });

        var (code, output, error) = await container.RunAsync();

        var lines = output.Split('\n');
        Assert.Equal("0", lines[0]);
        Assert.Equal([$"0 {First} 65536", $"0 {First} 65536"], lines[1..3].Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.Equal(
            ["/bin 65534:65534", "/own 0:0", "/dev 0:0", "/dev/null 0:0", "/dev/pts 65534:65534", "/dev/shm 0:0", "/made 0:0", "/tmp 3:4", "refused"], lines[3..]);
        Assert.Contains("Permission denied", error, StringComparison.Ordinal);
        Assert.Equal(0, code);
        Assert.Equal($"{First}", await StatAsync(Path.Combine(own, "file")));
    }

    [Fact]
    public async Task Should_run_and_exec_as_a_mapped_user_with_streams_of_its_own()
    {
        var container = await MappedAsync("sh", "-c", "id -u; id -g; id -G; touch /own/first; echo again > /dev/stdout; read line");
        var own = Directory.CreateDirectory(Path.Combine(container.RootOnHost, "own")).FullName;
        File.SetUnixFileMode(own, (UnixFileMode)0x1ff);
        container.Spec.Process.User = new User { UID = 7, GID = 8, AdditionalGids = { 9 } };
        container.Spec.Process.OOMScoreAdj = -500;
        container.Spec.Process.Rlimits.Add(new POSIXRlimit { Type = "RLIMIT_NPROC", Soft = 4_194_304, Hard = 4_194_304 });
        container.Spec.Process.Rlimits.Add(new POSIXRlimit { Type = "RLIMIT_NOFILE", Soft = 100, Hard = 200 });
        await container.BeginAsync();

        var exec = await container.Exec("e", "sh", "-c", "id -u; ulimit -n; ulimit -Hu; cat /proc/self/oom_score_adj; touch /own/exec; echo again > /dev/stdout; grep -c 100000 /proc/self/uid_map; readlink /proc/self/ns/user; readlink /proc/1/ns/user").RunAsync();
        await container.CloseInputAsync(0);
        var (_, output, error) = await container.EndAsync();
        await container.RemoveAsync();

        var lines = exec.Output.Split('\n');
        Assert.Equal(["7", "100", "4194304", "-500", "again", "1"], lines[..6]);
        Assert.Equal(lines[6], lines[7]);
        Assert.Equal(("", "", "7\n8\n8 9\nagain"), (exec.Error, error, output));
        Assert.Equal(($"{First + 7}", $"{First + 7}"), (await StatAsync(Path.Combine(own, "first")), await StatAsync(Path.Combine(own, "exec"))));
    }

    [Fact]
    public async Task Should_have_rights_over_its_own_mounts_but_not_over_those_it_was_given()
    {
        var container = await MappedAsync(
            "sh", "-c", "grep CapEff /proc/self/status; mount -t tmpfs mine /tmp && echo mounted; busybox umount /tmp && echo unmounted; for m in /proc/kcore /sys /dev; do busybox umount $m || echo kept; done; mount -o remount,rw /sys || echo read-only; hostname other || echo unchanged; busybox chroot / true && echo entered");
        container.Spec.Process.Capabilities = new LinuxCapabilities();
        foreach (var set in new[] { container.Spec.Process.Capabilities.Bounding, container.Spec.Process.Capabilities.Permitted, container.Spec.Process.Capabilities.Effective })
        {
            set.AddRange(["CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_DAC_OVERRIDE", "CAP_MKNOD"]);
        }

        var (_, output, error) = await container.RunAsync();

        Assert.Equal(["CapEff:\t0000000008240002", "mounted", "unmounted", "kept", "kept", "kept", "read-only", "unchanged", "entered"], output.Split('\n'));
        Assert.DoesNotContain("not found", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_keep_a_container_without_one_in_the_guests()
    {
        var container = await guest.ContainerAsync("sh", "-c", "cat /proc/self/uid_map");

        Assert.Equal(["0", "0", "4294967295"], (await container.RunAsync()).Output.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("ro", "65534\n65534\n65534")]
    [InlineData("rw", "0\n0\n65534\nentered 1")]
    public async Task Should_own_its_cgroup_but_not_its_limits_when_it_may_write_it(string access, string expected)
    {
        var container = await MappedAsync(
            "sh", "-c", "cd /sys/fs/cgroup; stat -c %u . cgroup.subtree_control pids.max; mkdir own && echo $$ > own/cgroup.procs && echo entered $(cat own/cgroup.procs | head -n 1)");
        var options = container.Spec.Mounts.Single(mount => mount.Type == "cgroup").Options;
        options[options.IndexOf("ro")] = access;

        Assert.Equal(expected, (await container.RunAsync()).Output);
    }

    [Fact]
    public async Task Should_refuse_ids_that_are_not_mapped()
    {
        var user = await MappedAsync("true");
        user.Spec.Process.User = new User { UID = 65_536 };
        Assert.Contains("user 65536 is not mapped", (await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, user.CreateAsync)).Message, StringComparison.Ordinal);

        var mount = await MappedAsync("true");
        mount.Spec.Linux.GIDMappings[0].Size = 3;
        Assert.Contains("group 5 is not mapped", (await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, mount.CreateAsync)).Message, StringComparison.Ordinal);
    }

    private async Task<GuestContainer> MappedAsync(params string[] command)
    {
        var container = await guest.ContainerAsync(command);
        container.Spec.Linux.Namespaces.Add(new LinuxNamespace { Type = "user" });
        container.Spec.Linux.UIDMappings.Add(new LinuxIDMapping { ContainerID = 0, HostID = First, Size = 65_536 });
        container.Spec.Linux.GIDMappings.Add(new LinuxIDMapping { ContainerID = 0, HostID = First, Size = 65_536 });
        return container;
    }

    private static async Task<int> ChownAsync(string owner, string path)
    {
        using var process = System.Diagnostics.Process.Start("chown", [owner, path]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    private static async Task<string> StatAsync(string path)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%u", path]) { RedirectStandardOutput = true })!;
        return (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim();
    }
}
