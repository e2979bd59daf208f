namespace KataActors.Callers.Tests;

/// <summary>The namespaces that podman's options ask for.</summary>
[Collection(PodmanCollection.Name)]
public sealed class PodmanNamespaceSpecs(Podman podman)
{
    [Fact]
    public async Task Should_map_the_users_of_a_container_and_of_its_files()
    {
        var volume = Directory.CreateDirectory(Path.Combine(podman.Runtime.Directory, "mapped")).FullName;
        File.SetUnixFileMode(volume, (UnixFileMode)0x1ff);

        var result = (await podman.RunScriptAsync(
            "id -u; head -n 1 /proc/self/uid_map; touch /data/x; ls -n /data/x /bin/busybox", "--uidmap", "0:200000:5000", "--gidmap", "0:300000:5000", "-v", $"{volume}:/data")).MustExit(0);

        var lines = result.Output.Split('\n');
        Assert.Equal("0", lines[0]);
        Assert.Equal(["0", "200000", "5000"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["0 0", "0 0"], lines[2..4].Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2..4])));
        using var stat = RunningProgram.Start(new Dictionary<string, string>(), "stat", ["-c", "%u:%g", Path.Combine(volume, "x")]);
        Assert.Equal("200000:300000\n", (await stat.FinishAsync()).MustExit(0).Output);
    }

    [Fact]
    public async Task Should_map_the_users_that_podman_chooses()
    {
        var result = (await podman.RunWithSubordinateIdsAsync("containers:300000:65536", "id -u; head -n 1 /proc/self/uid_map; head -n 1 /proc/self/gid_map", "--userns=auto")).MustExit(0);

        var lines = result.Output.Split('\n');
        Assert.Equal("0", lines[0]);
        Assert.All(lines[1..3], line => Assert.Equal(["0", "300000", "1024"], line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    // With shared memory, which podman mounts, its "rm" may fail after it has removed the container ("shm: device or resource busy"), with any runtime:
    // conmon is in a mount namespace of its own when there are id mappings, and its clean-up unmounts only there (podman 4.3, issue 11594).
    [Fact]
    public async Task Should_exec_in_the_user_namespace_of_a_container()
    {
        var id = (await podman.RunAsync(
            "run", "-d", "--network", "none", "--ipc", "none", "--uidmap", "0:200000:5000", "--gidmap", "0:200000:5000", BusyboxImage.Name, "/bin/sleep", "1000")).MustExit(0).Output.Trim();

        var result = (await podman.RunAsync("exec", "--user", "7", id, "/bin/sh", "-c", "id -u; head -n 1 /proc/self/uid_map")).MustExit(0);

        Assert.StartsWith("7\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("200000", result.Output, StringComparison.Ordinal);
        (await podman.RunAsync("rm", "--force", "--time", "0", id)).MustExit(0);
    }

    [Fact]
    public async Task Should_share_the_pid_namespace_and_the_shared_memory_of_a_pod()
    {
        (await podman.RunAsync(
            "pod", "create", "--name", "sharing", "--network", "none", "--share", "pid,ipc,uts", "--infra-image", BusyboxImage.Name, "--infra-command", "/bin/sleep 1000")).MustExit(0);
        var first = (await podman.RunAsync("run", "-d", "--pod", "sharing", "--network", "none", BusyboxImage.Name, "/bin/sh", "-c", "echo note > /dev/shm/note; exec /bin/sleep 1001")).MustExit(0).Output.Trim();

        var second = (await podman.RunAsync(
            "run", "--rm", "--pod", "sharing", "--network", "none", BusyboxImage.Name, "/bin/sh", "-c", "cat /dev/shm/note; cat /proc/[0-9]*/cmdline | busybox tr '\\0' ' '")).MustExit(0);

        Assert.StartsWith("note\n", second.Output, StringComparison.Ordinal);
        Assert.Contains("/bin/sleep 1000", second.Output, StringComparison.Ordinal);
        Assert.Contains("/bin/sleep 1001", second.Output, StringComparison.Ordinal);

        // The end of the pod's first container is that of all.
        (await podman.RunAsync("pod", "kill", "--signal", "KILL", "sharing")).MustExit(0);
        Assert.Equal("137", (await podman.RunAsync("wait", first)).MustExit(0).Output.Trim());
        (await podman.RunAsync("pod", "rm", "--force", "--time", "0", "sharing")).MustExit(0);
    }
}
