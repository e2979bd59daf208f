using System.Net.Sockets;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Protocol.Channel;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Protocol.Agent;

/// <summary>The typed client against the fake agent, over a Unix socket with the resync, as in the daemon.</summary>
public sealed class FakeAgentSpecs : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeAgent _fake;
    private readonly List<TtrpcClient> _clients = [];

    public FakeAgentSpecs() => _fake = FakeAgent.Start(SocketPath);

    private string SocketPath => _directory.File("agent.sock");

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await _fake.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_run_a_container_from_create_to_remove_when_its_script_prints()
    {
        _fake.Script = _ => FakeScripts.Print("hello\n"u8.ToArray(), exitCode: 3);
        var agent = await ConnectAsync();
        await agent.CreateSandboxAsync(new CreateSandboxRequest { SandboxId = "s" }, Deadline.Span, Deadline.Token);
        await agent.CreateContainerAsync(new CreateContainerRequest { ContainerId = "c", ExecId = "c" }, Deadline.Span, Deadline.Token);
        await agent.StartContainerAsync(new StartContainerRequest { ContainerId = "c" }, Deadline.Span, Deadline.Token);

        var exit = await agent.WaitProcessAsync(new WaitProcessRequest { ContainerId = "c", ExecId = "c" }, Deadline.Span, Deadline.Token);
        var first = await ReadAsync(agent, 0, 4);
        var again = await ReadAsync(agent, 2, 4);
        var end = await ReadAsync(agent, 6, 4);
        await agent.RemoveContainerAsync(new RemoveContainerRequest { ContainerId = "c" }, Deadline.Span, Deadline.Token);

        Assert.Equal(3, exit.Status);
        Assert.Equal(("hell", false), (first.Data.ToStringUtf8(), first.EndOfStream));
        Assert.Equal(("llo\n", true), (again.Data.ToStringUtf8(), again.EndOfStream));
        Assert.Equal(("", true), (end.Data.ToStringUtf8(), end.EndOfStream));
        Assert.Empty(_fake.Processes);
        Assert.Equal(["CreateSandbox", "CreateContainer", "StartContainer"], _fake.Calls.Take(3).Select(call => call.Method));
    }

    [Fact]
    public async Task Should_refuse_a_read_when_its_bytes_were_acknowledged()
    {
        _fake.Script = _ => FakeScripts.Print("hello"u8.ToArray());
        var agent = await StartAsync();
        await ReadAsync(agent, 3, 1);
        var failure = await Assert.ThrowsAsync<TtrpcException>(() => ReadAsync(agent, 2, 1));
        Assert.Equal(StatusCode.OutOfRange, failure.Code);
    }

    [Fact]
    public async Task Should_answer_empty_when_no_output_comes_within_the_wait()
    {
        var agent = await StartAsync();
        var response = await agent.ReadStdoutAsync(
            new ReadStreamRequest { ContainerId = "c", ExecId = "c", Len = 10, Offset = 0, WaitMs = 20 }, Deadline.Span, Deadline.Token);
        Assert.Equal((0, false), (response.Data.Length, response.EndOfStream));
    }

    [Fact]
    public async Task Should_accept_each_byte_once_when_input_is_repeated()
    {
        _fake.Script = _ => FakeScripts.Cat;
        var agent = await StartAsync();
        foreach (var (offset, text) in new (ulong, string)[] { (0, "abc"), (1, "bcde"), (5, "f") })
        {
            var written = await agent.WriteStdinAsync(
                new WriteStreamRequest { ContainerId = "c", ExecId = "c", Data = ByteString.CopyFromUtf8(text), Offset = offset },
                Deadline.Span, Deadline.Token);
            Assert.Equal((uint)text.Length, written.Len);
        }

        await agent.CloseStdinAsync(
            new CloseStdinRequest { ContainerId = "c", ExecId = "c", Offset = 6 }, Deadline.Span, Deadline.Token);

        await agent.WaitProcessAsync(new WaitProcessRequest { ContainerId = "c", ExecId = "c" }, Deadline.Span, Deadline.Token);
        Assert.Equal("abcdef", (await ReadAsync(agent, 0, 100)).Data.ToStringUtf8());
    }

    [Fact]
    public async Task Should_give_the_same_bytes_again_when_the_connection_broke_before_they_were_acknowledged()
    {
        var agent = await StartAsync();
        _fake.Processes["c"].WriteStdout("numbered"u8);
        Assert.Equal("numbered", (await ReadAsync(agent, 0, 100)).Data.ToStringUtf8());

        _fake.DropConnection();
        await _clients[0].Closed.WaitAsync(Deadline.Span);
        agent = await ConnectAsync();

        Assert.Equal("numbered", (await ReadAsync(agent, 0, 100)).Data.ToStringUtf8());
        _fake.Processes["c"].WriteStdout(" lines"u8);
        Assert.Equal(" lines", (await ReadAsync(agent, 8, 100)).Data.ToStringUtf8());
    }

    [Theory]
    [InlineData(9u)]
    [InlineData(15u)]
    public async Task Should_exit_with_128_and_the_signal_when_it_is_signalled(uint signal)
    {
        var agent = await StartAsync();
        await agent.SignalProcessAsync(
            new SignalProcessRequest { ContainerId = "c", ExecId = "c", Signal = signal }, Deadline.Span, Deadline.Token);
        var exit = await agent.WaitProcessAsync(new WaitProcessRequest { ContainerId = "c", ExecId = "c" }, Deadline.Span, Deadline.Token);
        Assert.Equal(128 + (int)signal, exit.Status);
    }

    [Fact]
    public async Task Should_misbehave_as_told_when_a_method_has_a_fault()
    {
        var agent = await StartAsync();
        _fake.Faults.NeverAnswer("WaitProcess");
        _fake.Faults.Refuse("SignalProcess", StatusCode.Internal, "no");
        _fake.Faults.DieAt("RemoveContainer");

        var silent = await Assert.ThrowsAsync<TtrpcException>(() => agent.WaitProcessAsync(
            new WaitProcessRequest { ContainerId = "c" }, TimeSpan.FromMilliseconds(50), Deadline.Token));
        var refused = await Assert.ThrowsAsync<TtrpcException>(() => agent.SignalProcessAsync(
            new SignalProcessRequest { ContainerId = "c" }, Deadline.Span, Deadline.Token));
        var died = await Assert.ThrowsAsync<TtrpcException>(() => agent.RemoveContainerAsync(
            new RemoveContainerRequest { ContainerId = "c" }, Deadline.Span, Deadline.Token));

        Assert.Equal(
            (StatusCode.DeadlineExceeded, StatusCode.Internal, StatusCode.Unavailable), (silent.Code, refused.Code, died.Code));
        await Assert.ThrowsAsync<LinuxException>(() => UnixSockets.ConnectAsync(SocketPath, Deadline.Span, Deadline.Token));
    }

    [Fact]
    public async Task Should_answer_late_when_it_was_silent_at_first()
    {
        string path = _directory.File("late.sock");
        await using var late = FakeAgent.Start(path, silent: true);
        var connecting = AgentChannel.ConnectAsync(cancellation => OpenAsync(path, cancellation), Deadline.Span, ChannelTiming.Boot, Deadline.Token);
        Assert.False(connecting.IsCompleted);

        late.Speak();

        await (await connecting).DisposeAsync();
    }

    [Fact]
    public async Task Should_fail_the_start_when_the_script_says_so()
    {
        _fake.Script = _ => FakeScripts.NotFound("/bin/none");
        var failure = await Assert.ThrowsAsync<TtrpcException>(StartAsync);
        Assert.Equal((StatusCode.NotFound, "exec \"/bin/none\": no such file or directory"), (failure.Code, failure.Message));
    }

    [Fact]
    public async Task Should_know_no_container_when_none_was_created()
    {
        var agent = await ConnectAsync();
        var failure = await Assert.ThrowsAsync<TtrpcException>(() => agent.StartContainerAsync(
            new StartContainerRequest { ContainerId = "x" }, Deadline.Span, Deadline.Token));
        Assert.Equal(StatusCode.NotFound, failure.Code);
    }

    private static Task<ReadStreamResponse> ReadAsync(AgentClient agent, ulong offset, uint length) => agent.ReadStdoutAsync(
        new ReadStreamRequest { ContainerId = "c", ExecId = "c", Len = length, Offset = offset }, Deadline.Span, Deadline.Token);

    private static async Task<Stream> OpenAsync(string path, CancellationToken cancellation) =>
        new NetworkStream(await UnixSockets.ConnectAsync(path, Deadline.Span, cancellation), ownsSocket: true);

    private async Task<AgentClient> StartAsync()
    {
        var agent = await ConnectAsync();
        await agent.CreateContainerAsync(new CreateContainerRequest { ContainerId = "c", ExecId = "c" }, Deadline.Span, Deadline.Token);
        await agent.StartContainerAsync(new StartContainerRequest { ContainerId = "c" }, Deadline.Span, Deadline.Token);
        return agent;
    }

    private async Task<AgentClient> ConnectAsync()
    {
        var stream = await AgentChannel.ConnectAsync(
            cancellation => OpenAsync(SocketPath, cancellation), Deadline.Span, ChannelTiming.Boot, Deadline.Token);
        var client = new TtrpcClient(new StreamTransport(stream, SocketPath));
        _clients.Add(client);
        return new AgentClient(client);
    }
}
