namespace KataActors.Callers.Tests;

/// <summary>Pods of podman: the containers of one are in the VM of its infra container.</summary>
[Collection(PodmanCollection.Name)]
public sealed class PodmanPodSpecs(Podman podman)
{
    [Fact]
    public async Task Should_run_the_containers_of_a_pod_in_one_vm()
    {
        var first = await StartAsync("one", "cat /proc/sys/kernel/random/boot_id; exec sleep 1000");
        await Eventually.TrueAsync(() => Logs().Length > 0, () => "the first container does not start");

        var second = (await podman.RunAsync("run", "--rm", "--pod", "one", BusyboxImage.Name, "/bin/sh", "-c", "hostname; cat /proc/sys/kernel/random/boot_id; exit 5")).MustExit(5);

        Assert.Equal($"one\n{Logs()}", second.Output);
        (await podman.RunAsync("pod", "stop", "--time", "0", "one")).MustExit(0);
        Assert.Equal("exited 137", (await podman.RunAsync("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", first)).MustExit(0).Output.Trim());
        (await podman.RunAsync("pod", "start", "one")).MustExit(0);
        Assert.Equal("one\n", (await podman.RunAsync("exec", first, "/bin/hostname")).MustExit(0).Output);
        await RemoveAsync("one");

        string Logs() => podman.RunAsync("logs", first).GetAwaiter().GetResult().MustExit(0).Output;
    }

    private async Task<string> StartAsync(string pod, string script)
    {
        (await podman.RunAsync("pod", "create", "--name", pod, "--network", "none", "--infra-image", BusyboxImage.Name, "--infra-command", "/bin/sleep 1000000")).MustExit(0);
        return (await podman.RunAsync("run", "--detach", "--pod", pod, BusyboxImage.Name, "/bin/sh", "-c", script)).MustExit(0).Output.Trim();
    }

    private async Task RemoveAsync(string pod)
    {
        (await podman.RunAsync("pod", "rm", "--force", "--time", "0", pod)).MustExit(0);
        Assert.Empty((await podman.RunAsync("ps", "--all", "--quiet")).MustExit(0).Output);
        await podman.Runtime.MustBeEmptyAsync();
    }
}
