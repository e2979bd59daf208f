using KataActors.Callers.Tests.Cri;

namespace KataActors.Callers.Tests;

/// <summary>The life of a pod and its containers.</summary>
[Collection(CriCollection.Name)]
public sealed class CriPodSpecs(CriNode node)
{
    private const string StoppableScript = "trap 'echo stopping; exit 7' TERM; echo started; while :; do sleep 0.1; done";

    [Fact]
    public async Task Should_run_two_containers_until_the_pod_is_removed()
    {
        var pod = await CriPod.RunAsync(node, "life");
        Assert.Equal(PodSandboxState.SandboxReady, PodStatus(pod));
        var first = await pod.CreateAsync("first", StoppableScript);
        Assert.Equal(ContainerState.ContainerCreated, pod.Status(first).State);
        await node.Client.StartContainerAsync(new() { ContainerId = first });
        var second = await pod.StartAsync("second", "exec sleep 1000");
        Assert.Equal(ContainerState.ContainerRunning, pod.Status(first).State);
        var listed = (await node.Client.ListContainersAsync(new() { Filter = new() { PodSandboxId = pod.Id } })).Containers;
        Assert.Equal(new[] { first, second }.Order(), listed.Select(container => container.Id).Order());
        await Eventually.TrueAsync(() => pod.Log("first").Length > 0, () => "the first container does not log");

        await node.Client.StopContainerAsync(new() { ContainerId = first, Timeout = 20 });
        await node.Client.StopContainerAsync(new() { ContainerId = second, Timeout = 1 });

        Assert.Equal((ContainerState.ContainerExited, 7), (pod.Status(first).State, pod.Status(first).ExitCode));
        Assert.Equal((ContainerState.ContainerExited, 137), (pod.Status(second).State, pod.Status(second).ExitCode));
        Assert.Equal("stdout F started\nstdout F stopping\n", pod.Log("first"));
        await node.Client.RemoveContainerAsync(new() { ContainerId = first });
        await node.Client.StopPodSandboxAsync(new() { PodSandboxId = pod.Id });
        Assert.Equal(PodSandboxState.SandboxNotready, PodStatus(pod));
        await node.Client.RemovePodSandboxAsync(new() { PodSandboxId = pod.Id });
        Assert.Empty((await node.Client.ListContainersAsync(new() { Filter = new() { PodSandboxId = pod.Id } })).Containers);
        await node.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_remove_a_pod_with_running_containers()
    {
        var pod = await CriPod.RunAsync(node, "busy");
        await pod.StartAsync("first", "exec sleep 1000");
        await pod.StartAsync("second", "trap '' TERM; while :; do sleep 0.1; done");

        await pod.RemoveAsync();

        await node.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_show_the_processes_of_all_containers_when_they_share_a_pid_namespace()
    {
        var pod = await CriPod.RunAsync(node, "pids", NamespaceMode.Pod);
        await pod.StartAsync("first", "exec sleep 1234");

        var (_, log) = await pod.RunToEndAsync("second", "ps -o args | grep -c 'sleep 123[4]'; head -1 /proc/1/status");

        Assert.Equal("stdout F 1\nstdout F Name:\tsleep\n", log);
        await pod.RemoveAsync();
        await node.Runtime.MustBeEmptyAsync();
    }

    private PodSandboxState PodStatus(CriPod pod) => node.Client.PodSandboxStatus(new() { PodSandboxId = pod.Id }).Status.State;
}
