using Google.Protobuf.WellKnownTypes;
using KataActors.Model.Journal;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>Pauses of containers and their ends, as the core decides on them.</summary>
public sealed class PauseSpecs
{
    private const string Freeze = "Invoke PauseContainerRequest";
    private const string Thaw = "Invoke ResumeContainerRequest";

    private static readonly SandboxCommands.Paused s_paused = new();
    private static readonly SandboxCommands.Resumed s_resumed = new();
    private static readonly AgentProtocol.Invoked s_done = new(null, new Empty());
    private static readonly AgentProtocol.InvokeFailed s_late = new(null, new Failure(FailureCode.DeadlineExceeded, "its processes did not stop"));

    private readonly Decider _core = new("s", "c");
    private int _requests;

    private ContainerRecord Container => _core.State.Record.Containers["c"];

    [Fact]
    public void Should_record_the_intent_before_the_call_and_the_fact_before_the_reply()
    {
        var asked = Pause();
        Assert.Equal([typeof(ContainerPauseBegun)], asked.EventTypes);
        Assert.Equal([Freeze], asked.EffectNames);
        Assert.Equal(ContainerStatus.Running, Container.Status);

        var end = _core.Reply(asked, Freeze, s_done);

        Assert.Equal([typeof(ContainerPaused)], end.EventTypes);
        Assert.Equal([s_paused], end.Replies);
        Assert.Equal(ContainerStatus.Paused, Container.Status);
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_return_to_the_state_before_the_pause()
    {
        _core.BeginCreation("new");
        _core.Record(new ContainerCreated { Id = "new" });
        var pause = Pause("new");
        Assert.Equal("it is being paused, not created", Text(_core.On(new Start("new", Wait(new SandboxCommands.Started())))));
        _core.Reply(pause, Freeze, s_done);
        Assert.Equal("it is paused, not created", Text(_core.On(new Start("new", Wait(new SandboxCommands.Started())))));

        var end = _core.Reply(Resume("new"), Thaw, s_done);

        Assert.Equal([s_resumed], end.Replies);
        Assert.Equal(ContainerStatus.Created, _core.State.Record.Containers["new"].Status);
    }

    [Fact]
    public void Should_say_that_the_sandbox_is_paused_when_none_of_its_containers_runs()
    {
        _core.Reply(Pause(), Freeze, s_done);
        Assert.Equal(SandboxStatus.Running, _core.State.Record.Status);
        _core.Reply(Pause("s"), Freeze, s_done);
        Assert.Equal(SandboxStatus.Paused, _core.State.Record.Status);
    }

    [Fact]
    public void Should_let_a_second_requester_join()
    {
        var asked = Pause();
        Assert.Empty(Pause().EffectNames);

        Assert.Equal([s_paused, s_paused], _core.Reply(asked, Freeze, s_done).Replies);
    }

    [Fact]
    public void Should_undo_a_pause_that_fails()
    {
        var failed = _core.Reply(Pause(), Freeze, s_late);
        Assert.Equal([new Failure(FailureCode.DeadlineExceeded, "cannot pause container \"c\": its processes did not stop")], failed.Replies);
        Assert.Equal([typeof(ContainerResumeBegun)], failed.EventTypes);
        Assert.Equal([Thaw], failed.EffectNames);

        var end = _core.Reply(failed, Thaw, s_done);

        Assert.Equal([typeof(ContainerResumed)], end.EventTypes);
        Assert.Equal(ContainerStatus.Running, Container.Status);
        Assert.Null(Container.PauseIntent);
    }

    [Fact]
    public void Should_try_a_failed_resume_again_until_it_is_done()
    {
        _core.Reply(Pause(), Freeze, s_done);
        var resting = _core.Pass(Resume(), Thaw);
        Assert.Equal("the agent did not answer in time", Text(resting));
        Assert.Equal(["Pause"], resting.EffectNames);
        Assert.Equal("it is being resumed", Text(Pause()));

        var again = _core.Pass(resting, "Pause");

        Assert.Equal([typeof(ContainerResumed)], _core.Reply(again, Thaw, s_done).EventTypes);
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_try_a_failed_resume_at_once_when_it_is_asked_for_or_the_agent_returns()
    {
        _core.Reply(Pause(), Freeze, s_done);
        var resting = _core.Pass(Resume(), Thaw);
        var asked = Resume();
        Assert.Equal([Thaw], asked.EffectNames);
        Assert.Equal(["Pause"], _core.Reply(asked, Thaw, s_late).EffectNames);

        var returned = _core.On(new AgentReturned());

        Assert.Equal([Thaw], returned.EffectNames);
        Assert.Empty(_core.Pass(resting, "Pause").EffectNames);
    }

    [Theory]
    [InlineData(true, Freeze, typeof(ContainerPaused))]
    [InlineData(false, Thaw, typeof(ContainerResumed))]
    public void Should_go_on_with_what_a_crash_has_interrupted(bool pauses, string call, System.Type fact)
    {
        if (!pauses)
        {
            _core.Record(new ContainerPaused { Id = "c" });
        }

        _core.Record(pauses ? new ContainerPauseBegun { Id = "c" } : new ContainerResumeBegun { Id = "c" });

        var resumed = _core.On(new AgentReturned());
        Assert.Equal([call], resumed.EffectNames);
        Assert.Empty(resumed.Events);

        Assert.Equal([fact], _core.Reply(resumed, call, s_done).EventTypes);
    }

    [Fact]
    public void Should_end_with_the_container()
    {
        Pause();

        var end = _core.Exit("c");

        Assert.Equal("container not running", Text(end));
        Assert.Empty(_core.State.Operations);
        Assert.Null(Container.PauseIntent);
    }

    [Fact]
    public void Should_refuse_in_runcs_words()
    {
        Assert.Equal("container not paused: it is running", Text(Resume()));
        _core.Reply(Pause(), Freeze, s_done);
        Assert.Equal("container not running: it is paused", Text(Pause()));
        _core.Exit("c");
        Assert.Equal("container not running: it is stopped", Text(Pause()));
        Assert.Equal([Failure.NoSuchContainer("x")], Pause("x").Replies);
    }

    [Fact]
    public void Should_refuse_the_opposite_and_processes_meanwhile()
    {
        Pause();
        Assert.Equal("it is being paused", Text(Resume()));
        var exec = new ExecRecord("e", default, Google.Protobuf.ByteString.Empty);
        Assert.Equal(
            [new Failure(FailureCode.Aborted, "cannot exec in a paused container (use --ignore-paused to override)")],
            _core.On(new Exec("c", exec, Wait(new SandboxCommands.Executed()))).Replies);
    }

    [Fact]
    public void Should_refuse_without_journal_or_agent()
    {
        _core.Outside = _core.Outside with { IsJournaled = false };
        Assert.Equal("the journal of sandbox \"s\" cannot be written", Text(Pause()));
        _core.Outside = _core.Outside with { IsJournaled = true, AgentConnected = false };
        Assert.Equal("the agent does not answer", Text(Pause()));
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_kill_a_paused_container_that_is_removed()
    {
        _core.Reply(Pause(), Freeze, s_done);

        Assert.Contains("KillContainer c", _core.Remove("c").EffectNames);
    }

    private static string Text(Decision decision)
    {
        var message = Assert.IsType<Failure>(Assert.Single(decision.Replies)).Message;
        return message[(message.IndexOf(": ", StringComparison.Ordinal) + 2)..];
    }

    private WaitingRequester Wait(object reply) => new(new RequesterId(100 + ++_requests), reply);

    private Decision Pause(string id = "c") => _core.On(new SetPaused(id, IsPaused: true, Wait(s_paused)));

    private Decision Resume(string id = "c") => _core.On(new SetPaused(id, IsPaused: false, Wait(s_resumed)));
}
