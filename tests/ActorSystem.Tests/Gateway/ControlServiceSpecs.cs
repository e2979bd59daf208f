using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

public sealed class ControlServiceSpecs : GatewayTest
{
    private static readonly ContainerKey s_key = new("/run/runc", "c1");
    private static readonly ContainerRef s_ref = new() { Root = s_key.Root, Id = s_key.Id };
    private static readonly DateTimeOffset s_created = DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(1_700_000_000_000_001);

    private static readonly ContainerSnapshot s_container = new(
        s_key, "s1", ContainerStatus.Running, 42, "/b", "/b/rootfs", "1.0.2", ImmutableDictionary<string, string>.Empty.Add("k", "v"), s_created, 7, null, "");

    private static readonly SandboxSnapshot s_sandbox = new(s_key, SandboxStatus.Ready, 99, 2, s_created);

    [Fact]
    public async Task Should_say_its_version_without_asking_anyone()
    {
        var response = await CallAsync(control => control.VersionAsync(new VersionRequest(), Deadline.Span, Deadline.Token));

        Assert.Equal(Environment.ProcessId, response.DaemonPid);
        Assert.Equal(Product.Version, response.Version);
    }

    [Fact]
    public async Task Should_start()
    {
        Manager.Answer = _ => new SandboxCommands.Started();

        await CallAsync(control => control.StartAsync(new StartRequest { Container = s_ref }, Deadline.Span, Deadline.Token));

        Assert.Equal(new SandboxCommands.StartContainer(s_key), await Manager.ReceiveAsync<SandboxCommands.StartContainer>());
    }

    [Fact]
    public async Task Should_show_the_state_of_a_container()
    {
        Manager.Answer = message => message is SandboxQueries.GetContainer { Key: var key } && key == s_key ? s_container : null;

        var response = await CallAsync(control => control.StateAsync(new StateRequest { Container = s_ref }, Deadline.Span, Deadline.Token));

        Assert.Equal(
            new Container
            {
                Id = "c1",
                Status = "running",
                Pid = 42,
                Bundle = "/b",
                Rootfs = "/b/rootfs",
                Annotations = { ["k"] = "v" },
                CreatedUnixNs = 1_700_000_000_000_001_000,
                OwnerUid = 7,
                SandboxId = "s1",
                OciVersion = "1.0.2",
            },
            response.Container);
    }

    [Fact]
    public async Task Should_show_exit_code_and_no_pid_when_stopped()
    {
        Manager.Answer = _ => s_container with { Status = ContainerStatus.Stopped, ExitCode = 0, Reason = "QEMU died", RequestId = Google.Protobuf.ByteString.CopyFrom(1, 2) };

        var response = await CallAsync(control => control.StateAsync(new StateRequest { Container = s_ref }, Deadline.Span, Deadline.Token));

        Assert.Equal(("stopped", 0, true, 0, "QEMU died"), (response.Container.Status, response.Container.Pid, response.Container.HasExitCode, response.Container.ExitCode, response.Container.Reason));
        Assert.Equal([1, 2], response.Container.RequestId.ToByteArray());
    }

    [Fact]
    public async Task Should_list_the_containers_of_a_root()
    {
        Manager.Answer = message => message is SandboxQueries.ListContainers { Root: "/r" } ? new SandboxQueries.ContainerList([s_container]) : null;

        var response = await CallAsync(control => control.ListAsync(new ListRequest { Root = "/r" }, Deadline.Span, Deadline.Token));

        Assert.Equal(["c1"], response.Containers.Select(container => container.Id));
    }

    [Fact]
    public async Task Should_refuse_a_create_when_it_would_be_millions_of_objects()
    {
        var request = new CreateRequest { Container = s_ref };
        request.Descriptors.AddRange(Enumerable.Repeat(new CarriedDescriptor(), 1_000_000));

        var failure = await FailAsync(control => control.CreateAsync(request, [], Deadline.Span, Deadline.Token));

        Assert.Equal(StatusCode.ResourceExhausted, failure.Code);
    }

    [Fact]
    public async Task Should_pass_kill_and_delete_on()
    {
        Manager.Answer = message => message is SandboxCommands.KillContainer ? new SandboxCommands.Signalled() : new SandboxCommands.Deleted();

        await CallAsync(control => control.KillAsync(new KillRequest { Container = s_ref, Signal = 64, All = true }, Deadline.Span, Deadline.Token));
        await CallAsync(control => control.DeleteAsync(new DeleteRequest { Container = s_ref, Force = true }, Deadline.Span, Deadline.Token));

        Assert.Equal(new SandboxCommands.KillContainer(s_key, 64, true), await Manager.ReceiveAsync<SandboxCommands.KillContainer>());
        Assert.Equal(new SandboxCommands.DeleteContainer(s_key, true), await Manager.ReceiveAsync<SandboxCommands.DeleteContainer>());
    }

    [Fact]
    public async Task Should_pass_signal_0_on()
    {
        Manager.Answer = _ => new SandboxCommands.Signalled();

        await CallAsync(control => control.KillAsync(new KillRequest { Container = s_ref }, Deadline.Span, Deadline.Token));

        Assert.Equal(new SandboxCommands.KillContainer(s_key, 0, false), await Manager.ReceiveAsync<SandboxCommands.KillContainer>());
    }

    [Theory]
    [InlineData(65u)]
    [InlineData(uint.MaxValue)]
    public async Task Should_refuse_a_signal_that_there_is_not(uint signal)
    {
        var failure = await FailAsync(control => control.KillAsync(new KillRequest { Container = s_ref, Signal = signal }, Deadline.Span, Deadline.Token));

        Assert.Equal((StatusCode.InvalidArgument, $"signal {signal} is not between 0 and 64"), (failure.Code, failure.Message));
    }

    [Theory]
    [InlineData("/r", "")]
    [InlineData("/r", "../x")]
    [InlineData("/r", "a/b")]
    [InlineData("/r", "a\0b")]
    [InlineData("", "a")]
    [InlineData("relative", "a")]
    [InlineData("/r\0", "a")]
    public async Task Should_refuse_a_wrong_name(string root, string id)
    {
        var failure = await FailAsync(control => control.StartAsync(new StartRequest { Container = new ContainerRef { Root = root, Id = id } }, Deadline.Span, Deadline.Token));

        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.DoesNotContain('\0', failure.Message);
    }

    [Fact]
    public async Task Should_refuse_an_id_that_is_too_long_and_a_request_without_one()
    {
        var tooLong = await FailAsync(control => control.StartAsync(new StartRequest { Container = new ContainerRef { Root = "/r", Id = new string('a', 1025) } }, Deadline.Span, Deadline.Token));
        var none = await FailAsync(control => control.StartAsync(new StartRequest(), Deadline.Span, Deadline.Token));

        Assert.Equal(StatusCode.InvalidArgument, tooLong.Code);
        Assert.Equal("request names no container", none.Message);
    }

    [Theory]
    [InlineData(FailureCode.NotFound, StatusCode.NotFound)]
    [InlineData(FailureCode.AlreadyExists, StatusCode.AlreadyExists)]
    [InlineData(FailureCode.InvalidArgument, StatusCode.InvalidArgument)]
    [InlineData(FailureCode.FailedPrecondition, StatusCode.FailedPrecondition)]
    [InlineData(FailureCode.ResourceExhausted, StatusCode.ResourceExhausted)]
    [InlineData(FailureCode.Unavailable, StatusCode.Unavailable)]
    [InlineData(FailureCode.DeadlineExceeded, StatusCode.DeadlineExceeded)]
    [InlineData(FailureCode.Unimplemented, StatusCode.Unimplemented)]
    [InlineData(FailureCode.Internal, StatusCode.Internal)]
    [InlineData(FailureCode.Cancelled, StatusCode.Cancelled)]
    public async Task Should_answer_a_failure_with_its_code_and_words(FailureCode code, StatusCode status)
    {
        Manager.Answer = _ => new Failure(code, "container \"c1\" is like that");

        var failure = await FailAsync(control => control.StartAsync(new StartRequest { Container = s_ref }, Deadline.Span, Deadline.Token));

        Assert.Equal((status, "container \"c1\" is like that"), (failure.Code, failure.Message));
    }

    [Fact]
    public async Task Should_answer_internal_and_log_it_when_a_reply_makes_no_sense()
    {
        Manager.Answer = _ => new SandboxCommands.Deleted();

        var failure = await FailAsync(control => control.StartAsync(new StartRequest { Container = s_ref }, Deadline.Span, Deadline.Token));

        Assert.Equal(StatusCode.Internal, failure.Code);
        Assert.Contains(Logged.Lines, line => line.Level == Microsoft.Extensions.Logging.LogLevel.Error && line.Text.Contains("Start", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_read_output_from_an_offset()
    {
        Manager.Answer = _ => new SandboxQueries.OutputRead("bytes"u8.ToArray(), true);
        var request = new ReadOutputRequest { Container = s_ref, Stream = OutputStream.Stderr, Offset = 17, MaxBytes = uint.MaxValue, WaitMs = 1500 };

        var response = await CallAsync(control => control.ReadOutputAsync(request, Deadline.Span, Deadline.Token));

        Assert.Equal(("bytes", true), (response.Data.ToStringUtf8(), response.EndOfStream));
        Assert.Equal(new SandboxQueries.ReadOutput(s_key, true, 17, 1024 * 1024, TimeSpan.FromSeconds(1.5)), await Manager.ReceiveAsync<SandboxQueries.ReadOutput>());
    }

    [Fact]
    public async Task Should_close_an_output_whose_reader_is_gone()
    {
        var process = Guid.NewGuid().ToString("N");
        Manager.Answer = _ => new SandboxQueries.OutputRead(default, true);
        var request = new ReadOutputRequest { Container = s_ref, Process = process, Offset = 17, MaxBytes = 1, Close = true };

        Assert.True((await CallAsync(control => control.ReadOutputAsync(request, Deadline.Span, Deadline.Token))).EndOfStream);

        Assert.Equal(
            new SandboxQueries.ReadOutput(s_key, false, 17, 1, TimeSpan.Zero) { Process = process, Close = true }, await Manager.ReceiveAsync<SandboxQueries.ReadOutput>());
    }

    [Fact]
    public async Task Should_pass_input_on_and_say_how_much_was_taken()
    {
        Manager.Answer = message => message is SandboxCommands.WriteInput ? new SandboxCommands.InputAccepted(3) : new SandboxCommands.InputClosed();
        var write = new WriteInputRequest { Container = s_ref, Offset = 5, Data = ByteString.CopyFromUtf8("input") };

        var response = await CallAsync(control => control.WriteInputAsync(write, Deadline.Span, Deadline.Token));
        await CallAsync(control => control.CloseInputAsync(new CloseInputRequest { Container = s_ref, Offset = 10 }, Deadline.Span, Deadline.Token));

        Assert.Equal(3u, response.Accepted);
        var input = await Manager.ReceiveAsync<SandboxCommands.WriteInput>();
        Assert.Equal((s_key, 5ul, "input"), (input.Key, input.Offset, System.Text.Encoding.UTF8.GetString(input.Data.Span)));
        Assert.Equal(new SandboxCommands.CloseInput(s_key, 10), await Manager.ReceiveAsync<SandboxCommands.CloseInput>());
    }

    [Fact]
    public async Task Should_say_how_a_container_ended()
    {
        Manager.Answer = _ => new ContainerExit(137, "QEMU died");

        var response = await CallAsync(control => control.WaitAsync(new WaitRequest { Container = s_ref, WaitMs = 30_000 }, Deadline.Span, Deadline.Token));

        Assert.Equal(new WaitResponse { Exited = true, ExitCode = 137, Reason = "QEMU died" }, response);
        var wait = await Manager.ReceiveAsync<SandboxQueries.WaitContainer>();
        Assert.Equal(TimeSpan.FromSeconds(30), wait.Wait);
    }

    [Fact]
    public async Task Should_say_that_a_container_has_not_ended_when_the_wait_is_over()
    {
        var response = await CallAsync(control => control.WaitAsync(new WaitRequest { Container = s_ref, WaitMs = 1 }, Deadline.Span, Deadline.Token));

        Assert.Equal(new WaitResponse(), response);
    }

    [Fact]
    public async Task Should_list_and_inspect_sandboxes()
    {
        var details = new SandboxDetails(
            s_sandbox, "h", Guid.Parse("01020304-0506-0708-090a-0b0c0d0e0f10"), [11, 12], ["/kata/h"], "cold",
            [new Model.StepTiming("boot", TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2))],
            [s_container], ["/user/sandboxes/h"], "", "6.1", "tcg", 1, 256, 3000, 20000, 100000);
        Manager.Sandboxes = new SandboxQueries.SandboxList([s_sandbox]);
        Manager.Answer = message => message is SandboxQueries.InspectSandbox ? details : null;

        var list = await CallAsync(control => control.ListSandboxesAsync(new ListSandboxesRequest(), Deadline.Span, Deadline.Token));
        var response = await CallAsync(control => control.InspectSandboxAsync(new InspectSandboxRequest { Root = s_key.Root, Id = s_key.Id }, Deadline.Span, Deadline.Token));

        var summary = new SandboxSummary { Id = "c1", Root = "/run/runc", Status = "ready", VmmPid = 99, ContainerCount = 2, CreatedUnixNs = 1_700_000_000_000_001_000 };
        Assert.Equal([summary], list.Sandboxes);
        Assert.Equal(summary, response.Sandbox);
        Assert.Equal([11, 12], response.VcpuTids);
        Assert.Equal(new Protocol.Control.StepTiming { Step = "boot", StartUs = 1000, DurationUs = 2000 }, Assert.Single(response.Timings));
        Assert.Equal(("01020304-0506-0708-090a-0b0c0d0e0f10", "6.1", 20000L), (response.Uuid, response.GuestKernel, response.CfsQuotaUs));
    }

    [Fact]
    public async Task Should_serve_many_calls_of_one_connection_at_a_time()
    {
        Manager.Answer = message => message is SandboxQueries.GetContainer ? s_container : null;
        var (client, control) = await ConnectAsync();
        await using var closed = client;

        var waiting = control.WaitAsync(new WaitRequest { Container = s_ref, WaitMs = 30_000 }, Deadline.Span, Deadline.Token);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => control.StateAsync(new StateRequest { Container = s_ref }, Deadline.Span, Deadline.Token)));

        Assert.False(waiting.IsCompleted);
    }
}
