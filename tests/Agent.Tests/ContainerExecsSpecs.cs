using KataActors.Agent.Containers;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;
using static KataActors.Agent.Tests.ScriptedProcess;

namespace KataActors.Agent.Tests;

/// <summary>The execs of a container, with scripts of the host as its processes.</summary>
public sealed class ContainerExecsSpecs : IAsyncLifetime
{
    private readonly ContainerCgroup _cgroup = new("/nothere");
    private readonly ContainerProcess _first;
    private readonly ContainerExecs _execs;

    public ContainerExecsSpecs()
    {
        _first = Create("container", Launch(Becomes("exec sleep 1000")));
        _execs = new ContainerExecs("c", _first, most: 3);
    }

    public async ValueTask InitializeAsync()
    {
        await _first.PrepareAsync(Deadline.Token);
        await _first.StartAsync(ifBegun: false, Deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _first.EndAsync(Deadline.Token);
        await _execs.RemoveAllAsync(Deadline.Token);
    }

    [Fact]
    public async Task Should_start_once_when_the_same_request_is_repeated()
    {
        var launched = 0;
        Task Start(string argument) => StartAsync("e", () =>
        {
            Interlocked.Increment(ref launched);
            return Launch(Becomes("exit 7"));
        }, argument);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Start("same")));
        Assert.Equal(7, await _execs.Get("e").WaitAsync(Deadline.Token));
        await Start("same");
        var failure = await FailsAsync(StatusCode.AlreadyExists, () => Start("other"));

        Assert.Equal("process \"e\" of container \"c\" exists already", failure.Message);
        Assert.Equal(1, launched);
    }

    [Fact]
    public async Task Should_keep_a_process_without_a_program_and_its_cause()
    {
        Task Start() => StartAsync("e", () => Launch(Fails("no such program", 127)));

        Assert.Equal("no such program", (await FailsAsync(StatusCode.InvalidArgument, Start)).Message);

        Assert.Equal(127, await _execs.Get("e").WaitAsync(Deadline.Token));
        Assert.Equal("no such program", await _execs.Get("e").StartFailureAsync());
        Assert.Equal("no such program", (await FailsAsync(StatusCode.InvalidArgument, Start)).Message);
    }

    [Theory]
    [InlineData("printf 'fno namespace' >&5; exit 1", "no namespace")]
    [InlineData("exit 1", "process \"e\" of container \"c\": its process ended while it was prepared")]
    public async Task Should_leave_the_id_free_when_the_preparation_fails(string prepare, string expected)
    {
        var failure = await FailsAsync(StatusCode.Internal, () => StartAsync("e", () => Launch(Becomes("true"), prepare)));
        Assert.Equal(expected, failure.Message);
        Unknown("e");

        await StartAsync("e", () => Launch(Becomes("exit 3")));
        Assert.Equal(3, await _execs.Get("e").WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task Should_name_container_and_process_when_it_is_unknown()
    {
        Unknown("e");
        await FailsAsync(StatusCode.NotFound, () => _execs.RemoveAsync("e", Deadline.Token));
    }

    [Fact]
    public async Task Should_refuse_an_exec_when_the_container_is_created_or_stopped()
    {
        var created = Create("container", Launch(Becomes("true")));
        await created.PrepareAsync(Deadline.Token);
        var early = new ContainerExecs("c", created);
        Task Early() => early.StartAsync(Preparation("e", () => Launch(Becomes("true")), created), Deadline.Token);
        Assert.Equal("cannot exec in a created container", (await FailsAsync(StatusCode.FailedPrecondition, Early)).Message);

        await created.EndAsync(Deadline.Token);
        Assert.Equal("cannot exec in a stopped container", (await FailsAsync(StatusCode.FailedPrecondition, Early)).Message);
    }

    [Fact]
    public async Task Should_blame_the_containers_end_when_the_preparation_fails_on_it()
    {
        var failure = await FailsAsync(StatusCode.FailedPrecondition, () => StartAsync("e", () =>
        {
            _first.Signal(Signals.SIGKILL);
            throw new LinuxException(Errno.ESRCH, "setns", "Pid");
        }));

        Assert.Equal("cannot exec in a stopped container", failure.Message);
        Unknown("e");
    }

    [Fact]
    public async Task Should_give_the_first_outcome_also_when_the_container_has_ended()
    {
        Task Start() => StartAsync("e", () => Launch(Becomes("exit 7")));
        await Start();
        await _first.KillAsync(Deadline.Token);

        await Start();

        Assert.Equal(7, await _execs.Get("e").WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task Should_go_on_when_the_caller_gives_up()
    {
        using var folder = new TemporaryDirectory();
        var go = folder.File("go");
        using var given = new CancellationTokenSource();
        Task Start(CancellationToken token) =>
            _execs.StartAsync(Preparation("e", () => Launch(Becomes("exit 5"), $"until [ -e {go} ]; do sleep 0.01; done; printf r >&5")), token);
        var start = Start(given.Token);

        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        folder.Write("go", "");

        await Start(Deadline.Token);
        Assert.Equal(5, await _execs.Get("e").WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task Should_end_and_forget_a_process_when_it_is_removed()
    {
        await StartAsync("e", () => Launch(Becomes("exec sleep 1000")));
        var process = _execs.Get("e");
        Assert.False(process.HasEnded);

        await _execs.RemoveAsync("e", Deadline.Token);

        Assert.Equal(137, await process.WaitAsync(Deadline.Token));
        Unknown("e");
        Assert.False(_first.HasEnded);
    }

    [Fact]
    public async Task Should_make_room_only_at_the_cost_of_a_process_of_which_the_host_knows_everything()
    {
        foreach (var id in new[] { "running", "unread", "known" })
        {
            await StartAsync(id, () => Launch(Becomes(id == "running" ? "exec sleep 1000" : "echo told; exit 1")));
        }

        var full = await FailsAsync(StatusCode.ResourceExhausted, () => StartAsync("one more", () => Launch(Becomes("true"))));
        Assert.Equal("container \"c\" has 3 execs", full.Message);
        Assert.Equal(1, await _execs.Get("unread").WaitAsync(Deadline.Token));
        Assert.Equal(1, await _execs.Get("known").WaitAsync(Deadline.Token));
        await ReadToEndAsync(_execs.Get("known"));

        await StartAsync("one more", () => Launch(Becomes("true")));

        Unknown("known");
        Assert.Equal(1, await _execs.Get("unread").WaitAsync(Deadline.Token));
    }

    private static async Task ReadToEndAsync(ContainerProcess process)
    {
        foreach (var stream in new[] { process.Stdout, process.Stderr })
        {
            var end = await Assert.ThrowsAsync<TtrpcException>(async () =>
            {
                while (true)
                {
                    await stream.ReadAsync(new ReadStreamRequest(), Deadline.Token);
                }
            });
            Assert.Equal(StatusCode.OutOfRange, end.Code);
        }
    }

    private void Unknown(string id)
    {
        var failure = Assert.Throws<TtrpcException>(() => _execs.Get(id));
        Assert.Equal((StatusCode.NotFound, $"process \"{id}\" of container \"c\" not found"), (failure.Code, failure.Message));
    }

    private Task StartAsync(string id, Func<WaitingProcess> launch, string argument = "") =>
        _execs.StartAsync(Preparation(id, launch, argument: argument), Deadline.Token);

    private ExecPreparation Preparation(string id, Func<WaitingProcess> launch, ContainerProcess? first = null, string argument = "") => new(
        new ExecProcessRequest { ContainerId = "c", ExecId = id, Process = new Process { Args = { "program", argument } } },
        first ?? _first, _cgroup, new Process(), () => Task.FromResult(launch()));

    private ContainerProcess Create(string kind, WaitingProcess process) => new(kind, "\"c\"", process, _cgroup);

    private static Task<TtrpcException> FailsAsync(StatusCode code, Func<Task> call) => ContainerLifecycleSpecs.FailsAsync(code, call);
}
