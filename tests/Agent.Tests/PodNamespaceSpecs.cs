using System.Text;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>Containers of a pod that share a pid namespace, in a VM of their own: the sandbox's is that of its oldest container.</summary>
public sealed class PodNamespaceSpecs
{
    private const int Killed = 137;

    [Fact]
    public async Task Should_share_the_pid_namespace_of_the_container_that_the_host_names()
    {
        await using var vm = await GuestFixture.BootWithSandboxAsync();
        var pause = await new GuestContainer(vm, "pause", ["sleep", "1000"]).BeginAsync();
        var sandboxs = await BeginAsync(new GuestContainer(vm, "sandboxs", ["sh", "-c", "echo $$; grep -c . /proc/1/cmdline; cat /proc/1/comm; exec sleep 1001"]), request => request.SandboxPidns = true);
        var apart = await new GuestContainer(vm, "apart", ["sleep", "1002"]).BeginAsync();
        var beside = await BeginAsync(new GuestContainer(vm, "beside", ["sh", "-c", "ps -o args; exec sleep 1003"]), request => request.PidNamespaceOf = apart.Id);

        var lines = await LinesAsync(sandboxs, 3);
        Assert.NotEqual("1", lines[0]);
        Assert.Equal("sleep", lines[2]);
        Assert.Contains("sleep 1000", (await sandboxs.Exec("ps", "ps", "-o", "args").RunAsync()).Output, StringComparison.Ordinal);
        Assert.Contains("sleep 1001", (await pause.Exec("ps", "ps", "-o", "args").RunAsync()).Output, StringComparison.Ordinal);
        var seen = (await beside.Exec("ps", "ps", "-o", "args").RunAsync()).Output;
        Assert.Contains("sleep 1002", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("sleep 1000", seen, StringComparison.Ordinal);

        // The end of the first container of a namespace is that of the others, and leaves nothing to be joined.
        await pause.SignalAsync(9);
        Assert.Equal(Killed, await pause.WaitAsync());
        Assert.Equal(Killed, await sandboxs.WaitAsync());
        Assert.Contains("sleep 1003", (await apart.Exec("ps", "ps", "-o", "args").RunAsync()).Output, StringComparison.Ordinal);
        var late = new GuestContainer(vm, "late", ["true"]);
        var failure = await ContainerLifecycleSpecs.FailsAsync(StatusCode.FailedPrecondition, () => CreateAsync(late, request => request.PidNamespaceOf = pause.Id));
        Assert.Contains("the pid namespace of container \"pause\" has ended with its first process", failure.Message, StringComparison.Ordinal);
        await ContainerLifecycleSpecs.FailsAsync(StatusCode.NotFound, () => CreateAsync(late, request => request.PidNamespaceOf = "nobody"));

        // The failed creations have left nothing.
        Assert.Equal(0, (await late.RunAsync()).Code);
        foreach (var container in new[] { sandboxs, pause, beside, apart })
        {
            await container.RemoveAsync();
        }
    }

    private static Task CreateAsync(GuestContainer container, Action<CreateContainerRequest> change)
    {
        var request = new CreateContainerRequest { ContainerId = container.Id, ExecId = container.Id, OCI = container.Spec };
        change(request);
        return container.Vm.Agent.CreateContainerAsync(request, GuestVm.CallTimeout, CancellationToken.None);
    }

    private static async Task<GuestContainer> BeginAsync(GuestContainer container, Action<CreateContainerRequest> change)
    {
        await CreateAsync(container, change);
        await container.StartAsync();
        return container;
    }

    private static async Task<string[]> LinesAsync(GuestContainer container, int count)
    {
        var text = "";
        while (text.Count(letter => letter == '\n') < count)
        {
            text += Encoding.UTF8.GetString((await container.ReadAsync((ulong)text.Length)).Data.Span);
        }

        return text.Split('\n');
    }
}
