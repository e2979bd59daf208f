using Grpc.Core;

namespace KataActors.Callers.Tests;

/// <summary>Further processes of a pod's containers, and streams to them.</summary>
[Collection(CriCollection.Name)]
public sealed class CriExecSpecs(CriNode node, SharedCriPod shared) : IClassFixture<SharedCriPod>
{
    private CriPod Pod => shared.Pod;

    [Fact]
    public async Task Should_return_output_and_exit_code_of_a_process_that_ends()
    {
        var id = await StartAsync("sync");

        Assert.Equal((3, "out\n", "err\n"), await Pod.ExecAsync(id, "echo out; echo err >&2; exit 3"));

        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_kill_a_process_that_does_not_end_in_time()
    {
        var id = await StartAsync("late");

        var error = await Assert.ThrowsAsync<RpcException>(() => Pod.ExecAsync(id, "exec sleep 1234", timeout: 1));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Equal("0\n", (await Pod.ExecAsync(id, "ps -o args | grep -c 'sleep 123[4]'")).Output);
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_stream_to_and_from_a_process()
    {
        var id = await StartAsync("streamed");
        var url = (await node.Client.ExecAsync(new() { ContainerId = id, Cmd = { "/bin/sh", "-c", "read line; echo got $line; echo err >&2; exit 5" }, Stdin = true, Stdout = true, Stderr = true })).Url;

        using var stream = await CriStream.OpenAsync(url);
        await stream.WriteAsync("hello\n");

        Assert.Equal(5, await stream.FinishAsync());
        Assert.Equal(("got hello\n", "err\n"), (stream.Output, stream.Errors));
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_stream_to_and_from_a_process_with_a_terminal()
    {
        var id = await StartAsync("terminal");
        const string Script = "tty; until [ \"$(stty size 2>/dev/null)\" = '40 100' ]; do sleep 0.1; done; echo sized; read line; echo got $line";
        var url = (await node.Client.ExecAsync(new() { ContainerId = id, Cmd = { "/bin/sh", "-c", Script }, Stdin = true, Stdout = true, Tty = true })).Url;

        using var stream = await CriStream.OpenAsync(url);
        await stream.ReadUntilAsync("/dev/pts/0\r\n");
        await stream.ResizeAsync(40, 100);
        await stream.ReadUntilAsync("sized\r\n");
        await stream.WriteAsync("hello\n");

        Assert.Equal(0, await stream.FinishAsync());
        Assert.EndsWith("hello\r\ngot hello\r\n", stream.Output, StringComparison.Ordinal);
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_attach_to_the_first_process()
    {
        var id = await Pod.StartAsync("attached", "read line; echo got $line; sleep 1; exit 0", config => config.Stdin = true);
        var url = (await node.Client.AttachAsync(new() { ContainerId = id, Stdin = true, Stdout = true, Stderr = true })).Url;

        using var stream = await CriStream.OpenAsync(url);
        await stream.WriteAsync("hello\n");
        await stream.ReadUntilAsync("got hello\n");

        await stream.FinishAsync();
        Assert.Equal("stdout F got hello\n", Pod.Log("attached"));
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_attach_to_the_terminal_of_the_first_process()
    {
        var id = await Pod.StartAsync("console", "read line; tty; sleep 1", config => (config.Stdin, config.Tty) = (true, true));
        var url = (await node.Client.AttachAsync(new() { ContainerId = id, Stdin = true, Stdout = true, Tty = true })).Url;

        using var stream = await CriStream.OpenAsync(url);
        await stream.WriteAsync("hello\n");
        await stream.ReadUntilAsync("hello\r\n/dev/pts/0\r\n");

        await stream.FinishAsync();
        await RemoveAsync(id);
    }

    private Task<string> StartAsync(string name) => Pod.StartAsync(name, "exec sleep 1000");

    private async Task RemoveAsync(string id) => await node.Client.RemoveContainerAsync(new() { ContainerId = id });
}
