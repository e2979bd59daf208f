using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using KataActors.Hypervisor.Qmp;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

public sealed class QmpClientSpecs : IAsyncDisposable
{
    private static readonly TimeSpan s_long = Deadline.Span;
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);

    private readonly TempDirectory _directory = new();
    private readonly Channel<QmpEvent> _events = Channel.CreateUnbounded<QmpEvent>();
    private FakeQmpServer? _server;

    private CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Should_answer_typed_when_the_monitor_is_well()
    {
        var uuid = Guid.NewGuid();
        Serve().Uuid = uuid;
        await using var client = await ConnectAsync(s_long);

        Assert.Equal("running", await client.QueryStatusAsync(s_long, Cancellation));
        await client.StopAsync(s_long, Cancellation);
        Assert.Equal("paused", await client.QueryStatusAsync(s_long, Cancellation));
        await client.ContinueAsync(s_long, Cancellation);
        Assert.Equal(uuid, await client.QueryUuidAsync(s_long, Cancellation));
        await client.PowerDownAsync(s_long, Cancellation);
        Assert.Equal(["STOP", "RESUME"], [(await NextEventAsync()).Name, (await NextEventAsync()).Name]);
    }

    [Fact]
    public async Task Should_list_each_thread_once_when_one_runs_several_vcpus()
    {
        Serve().VcpuThreads = [30, 0, 10, 30, -1, 20];
        await using var client = await ConnectAsync(s_long);

        Assert.Equal([30, 10, 20], (IEnumerable<int>)await client.QueryVcpuThreadsAsync(s_long, Cancellation));
    }

    [Fact]
    public async Task Should_match_replies_by_id_when_many_commands_are_in_flight()
    {
        var server = Serve();
        await using var client = await ConnectAsync(s_long);
        var tasks = Enumerable.Range(0, 50).Select(i => i % 2 == 0
            ? client.QueryStatusAsync(s_long, Cancellation)
            : Task.Run(async () => (await client.QueryUuidAsync(s_long, Cancellation)).ToString())).ToList();

        var answers = await Task.WhenAll(tasks);

        Assert.All(answers.Where((_, i) => i % 2 == 0), answer => Assert.Equal("running", answer));
        Assert.All(answers.Where((_, i) => i % 2 == 1), answer => Assert.Equal(server.Uuid.ToString(), answer));
    }

    [Fact]
    public async Task Should_carry_class_and_description_when_a_command_fails()
    {
        Serve(new FakeQmpFaults { Errors = Map("cont", "Resetting the Virtual Machine is required") });
        await using var client = await ConnectAsync(s_long);

        var failure = await Assert.ThrowsAsync<QmpException>(() => client.ContinueAsync(s_long, Cancellation));

        Assert.Equal(QmpFailureKind.CommandFailed, failure.Kind);
        Assert.Equal(("GenericError", "cont", "Resetting the Virtual Machine is required"), (failure.ErrorClass, failure.Command, failure.Description));
        Assert.Equal("running", await client.QueryStatusAsync(s_long, Cancellation));
    }

    [Fact]
    public async Task Should_pass_on_events_with_data_when_they_come()
    {
        var server = Serve();
        await using var client = await ConnectAsync(s_long);

        server.Emit("SHUTDOWN", """{"guest": true, "reason": "guest-reset"}""");
        server.Send("""{"event": "BARE"}""");

        Assert.Equal("guest-reset", (await NextEventAsync()).Text("reason"));
        Assert.Null((await NextEventAsync()).Text("reason"));
    }

    [Fact]
    public async Task Should_keep_no_data_of_an_event_when_it_is_large()
    {
        var server = Serve();
        await using var client = await ConnectAsync(s_long);

        server.Emit("SHUTDOWN", $$"""{"reason": "{{new string('x', 500_000)}}"}""");
        server.Emit("SHUTDOWN", """{"reason": "guest-reset"}""");

        Assert.Null((await NextEventAsync()).Text("reason"));
        Assert.Equal("guest-reset", (await NextEventAsync()).Text("reason"));
    }

    [Fact]
    public async Task Should_time_out_alone_when_one_command_gets_no_reply()
    {
        Serve(new FakeQmpFaults { Unanswered = ["stop"] });
        await using var client = await ConnectAsync(s_long);

        var failure = await Assert.ThrowsAsync<QmpException>(() => client.StopAsync(s_short, Cancellation));

        Assert.Equal(QmpFailureKind.TimedOut, failure.Kind);
        Assert.Equal("stop: no reply within 0.1 s", failure.Message);
        Assert.Equal("running", await client.QueryStatusAsync(s_long, Cancellation));
    }

    [Fact]
    public async Task Should_drop_a_reply_when_it_comes_too_late()
    {
        var server = Serve(new FakeQmpFaults { Unanswered = ["stop"] });
        await using var client = await ConnectAsync(s_long);
        await Assert.ThrowsAsync<QmpException>(() => client.StopAsync(s_short, Cancellation));

        server.Send("""{"return": {}, "id": 2}""");

        Assert.Equal("running", await client.QueryStatusAsync(s_long, Cancellation));
        Assert.False(client.Closed.IsCompleted);
    }

    [Fact]
    public async Task Should_fail_all_that_wait_when_the_connection_ends()
    {
        var server = Serve(new FakeQmpFaults { Unanswered = ["stop", "cont"] });
        await using var client = await ConnectAsync(s_long);
        var commands = new[] { client.StopAsync(s_long, Cancellation), client.ContinueAsync(s_long, Cancellation) };
        Assert.Equal(["qmp_capabilities", "stop", "cont"], [await server.NextCommandAsync(), await server.NextCommandAsync(), await server.NextCommandAsync()]);

        server.CloseClient();

        foreach (var command in commands)
        {
            Assert.Equal(QmpFailureKind.Closed, (await Assert.ThrowsAsync<QmpException>(() => command.WaitAsync(s_long))).Kind);
        }

        Assert.Equal(QmpFailureKind.Closed, (await client.Closed.WaitAsync(s_long)).Kind);
        Assert.Equal(QmpFailureKind.Closed, (await Assert.ThrowsAsync<QmpException>(() => client.StopAsync(s_long, Cancellation))).Kind);
    }

    [Fact]
    public async Task Should_count_as_done_when_the_connection_ends_before_the_reply_to_quit()
    {
        Serve(new FakeQmpFaults { CloseAfterCommands = 2, Unanswered = ["quit"] });
        await using var client = await ConnectAsync(s_long);

        await client.QuitAsync(s_long, Cancellation);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id": "x", "return": {}}""")]
    [InlineData("""{"id": $id}""")]
    [InlineData("""{"error": {"class": "GenericError", "desc": "JSON parse error"}}""")]
    public async Task Should_give_up_the_connection_when_a_line_is_not_qmp(string line)
    {
        Serve(new FakeQmpFaults { RawReplies = Map("query-status", line) });
        await using var client = await ConnectAsync(s_long);

        var failure = await Assert.ThrowsAsync<QmpException>(() => client.QueryStatusAsync(s_long, Cancellation));

        Assert.Equal(QmpFailureKind.Malformed, failure.Kind);
        Assert.Equal(QmpFailureKind.Malformed, (await client.Closed.WaitAsync(s_long)).Kind);
    }

    [Fact]
    public async Task Should_give_up_the_connection_when_a_line_is_huge()
    {
        Serve(new FakeQmpFaults { RawReplies = Map("query-status", new string('x', QmpLineReader.MaxLineBytes + 5000)) });
        await using var client = await ConnectAsync(s_long);

        var failure = await Assert.ThrowsAsync<QmpException>(() => client.QueryStatusAsync(s_long, Cancellation));

        Assert.Equal("query-status: a line is longer than 1048576 bytes", failure.Message);
    }

    [Fact]
    public async Task Should_take_a_long_line_when_it_is_within_bounds()
    {
        Serve().VcpuThreads = [.. Enumerable.Range(1, 5000)];
        await using var client = await ConnectAsync(s_long);

        Assert.Equal(5000, (await client.QueryVcpuThreadsAsync(s_long, Cancellation)).Length);
    }

    [Theory]
    [InlineData("query-status", """{"id": $id, "return": {"status": 1}}""")]
    [InlineData("query-status", """{"id": $id, "return": []}""")]
    [InlineData("query-uuid", """{"id": $id, "return": {"UUID": "?"}}""")]
    [InlineData("query-cpus-fast", """{"id": $id, "return": {}}""")]
    [InlineData("query-cpus-fast", """{"id": $id, "return": [{"thread-id": "1"}]}""")]
    [InlineData("query-cpus-fast", """{"id": $id, "return": [99999999999]}""")]
    public async Task Should_fail_the_command_when_its_result_has_another_shape(string command, string line)
    {
        Serve(new FakeQmpFaults { RawReplies = Map(command, line) });
        await using var client = await ConnectAsync(s_long);

        var failure = await Assert.ThrowsAsync<QmpException>(() => command switch
        {
            "query-status" => client.QueryStatusAsync(s_long, Cancellation),
            "query-uuid" => client.QueryUuidAsync(s_long, Cancellation),
            _ => client.QueryVcpuThreadsAsync(s_long, Cancellation),
        });

        Assert.Equal($"{command}: unexpected reply", failure.Message);
    }

    [Theory]
    [InlineData("query-cpus-fast", """{"thread-id": 1}""")]
    [InlineData("query-hotpluggable-cpus", """{"type": "x", "props": {"socket-id": 1}}""")]
    public async Task Should_fail_the_command_when_it_names_more_vcpus_than_there_can_be(string command, string vcpu)
    {
        var line = $$"""{"return": [{{string.Join(',', Enumerable.Repeat(vcpu, 8193))}}], "id": $id}""";
        Serve(new FakeQmpFaults { RawReplies = Map(command, line) });
        await using var client = await ConnectAsync(s_long);

        var failure = await Assert.ThrowsAsync<QmpException>(() => command == "query-cpus-fast"
            ? client.QueryVcpuThreadsAsync(s_long, Cancellation)
            : client.QueryVcpuSlotsAsync(s_long, Cancellation));

        Assert.Equal(QmpFailureKind.Malformed, failure.Kind);
    }

    [Fact]
    public async Task Should_time_out_when_no_greeting_comes()
    {
        Serve(new FakeQmpFaults { BeforeGreeting = new TaskCompletionSource().Task });

        var failure = await Assert.ThrowsAsync<QmpException>(() => ConnectAsync(s_short));

        Assert.Equal(QmpFailureKind.TimedOut, failure.Kind);
    }

    [Fact]
    public async Task Should_wait_when_the_greeting_is_slow()
    {
        var gate = new TaskCompletionSource();
        Serve(new FakeQmpFaults { BeforeGreeting = gate.Task });
        var connecting = ConnectAsync(s_long);
        Assert.False(connecting.IsCompleted);

        gate.SetResult();

        await (await connecting).DisposeAsync();
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request")]
    [InlineData("""{"event": "STOP"}""")]
    public async Task Should_refuse_the_server_when_it_greets_otherwise(string greeting)
    {
        Serve(new FakeQmpFaults { Greeting = greeting });

        Assert.Equal(QmpFailureKind.Malformed, (await Assert.ThrowsAsync<QmpException>(() => ConnectAsync(s_long))).Kind);
    }

    [Fact]
    public async Task Should_fail_at_once_when_nobody_listens()
    {
        var began = Stopwatch.GetTimestamp();

        var failure = await Assert.ThrowsAsync<QmpException>(() => ConnectAsync(s_long));

        Assert.Equal(QmpFailureKind.Closed, failure.Kind);
        Assert.Equal($"connect: \"{_directory["qmp.sock"]}\": no such file or directory", failure.Message);
        Assert.True(Stopwatch.GetElapsedTime(began) < s_long);
    }

    [Fact]
    public async Task Should_let_the_next_client_in_when_it_is_disposed()
    {
        Serve();
        await (await ConnectAsync(s_long)).DisposeAsync();

        await using var second = await ConnectAsync(s_long);

        Assert.Equal("running", await second.QueryStatusAsync(s_long, Cancellation));
    }

    private static ImmutableDictionary<string, string> Map(string key, string value) =>
        ImmutableDictionary<string, string>.Empty.Add(key, value);

    private FakeQmpServer Serve(FakeQmpFaults? faults = null) => _server = new FakeQmpServer(_directory["qmp.sock"], faults);

    private Task<QmpClient> ConnectAsync(TimeSpan timeout) =>
        QmpClient.ConnectAsync(_directory["qmp.sock"], said => _events.Writer.TryWrite(said), timeout, Cancellation);

    private async Task<QmpEvent> NextEventAsync() => await _events.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(s_long);
}
