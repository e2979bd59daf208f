using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>Processes that are added to a container, as the core decides on them.</summary>
public sealed class ExecSpecs
{
    private const string Ask = "Invoke ExecProcessRequest";
    private const string AskRemoval = "Invoke RemoveProcessRequest";

    private static readonly SandboxCommands.Executed s_executed = new();
    private static readonly AgentProtocol.Invoked s_done = new(null, new Empty());
    private static readonly ExecRecord s_process = new("e", new ProcessIdentity(9, 90, "boot"), ByteString.CopyFromUtf8("""{"args":["ls"],"cwd":"/"}"""));

    private readonly Decider _core = new("s", "c");
    private int _requests;

    [Fact]
    public void Should_record_the_intent_before_the_call_and_the_start_before_the_reply()
    {
        var asked = Exec();
        Assert.Equal([typeof(ExecBegun)], asked.EventTypes);
        Assert.Equal([Ask], asked.EffectNames);

        var end = _core.Reply(asked, Ask, s_done);

        Assert.Equal([typeof(ExecStarted)], end.EventTypes);
        Assert.Equal([s_executed], end.Replies);
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_take_a_repeated_request_for_the_same_process()
    {
        var asked = Exec();
        Assert.Empty(Exec().EffectNames);
        Assert.Equal([s_executed, s_executed], _core.Reply(asked, Ask, s_done).Replies);

        var again = Exec();

        Assert.Equal([s_executed], again.Replies);
        Assert.Empty(again.EffectNames);
    }

    [Fact]
    public void Should_run_several_at_once()
    {
        var (first, second) = (Exec(), Exec(s_process with { Id = "f" }));

        Assert.Equal([s_executed], _core.Reply(second, Ask, s_done).Replies);
        Assert.Equal([s_executed], _core.Reply(first, Ask, s_done).Replies);
    }

    [Fact]
    public void Should_remove_a_process_that_could_not_be_run_and_keep_its_record_for_the_stand_in()
    {
        var failed = _core.Reply(Exec(), Ask, new AgentProtocol.InvokeFailed(null, new Failure(FailureCode.InvalidArgument, "exec: \"ls\": not found")));
        Assert.Equal([new Failure(FailureCode.InvalidArgument, "exec: \"ls\": not found")], failed.Replies);
        Assert.Equal([typeof(ExecExited)], failed.EventTypes);
        Assert.Equal([AskRemoval], failed.EffectNames);

        var end = _core.Reply(failed, AskRemoval, new AgentProtocol.InvokeFailed(null, new Failure(FailureCode.NotFound, "no such process")));

        Assert.Empty(end.Events);
        Assert.Empty(_core.State.Operations);
        Assert.Equal([new Failure(FailureCode.FailedPrecondition, "exec: \"ls\": not found")], Exec().Replies);
        var left = _core.On(new ExecLeft("c", "e"));
        Assert.Equal([typeof(ExecRemoved)], _core.Reply(left, AskRemoval, s_done).EventTypes);
        Assert.Empty(_core.State.Record.Containers["c"].Execs);
    }

    [Fact]
    public void Should_take_a_process_that_could_not_be_run_off_the_record_when_its_stand_in_ends_during_the_removal()
    {
        var failed = _core.Reply(Exec(), Ask, new AgentProtocol.InvokeFailed(null, new Failure(FailureCode.Internal, "busy")));

        Assert.Empty(_core.On(new ExecLeft("c", "e")).EffectNames);

        Assert.Equal([typeof(ExecRemoved)], _core.Reply(failed, AskRemoval, s_done).EventTypes);
    }

    [Fact]
    public void Should_try_a_failed_removal_again_until_it_is_done()
    {
        Start();
        var removal = _core.On(new ExecLeft("c", "e"));
        Assert.Empty(_core.On(new ExecLeft("c", "e")).EffectNames);
        var pause = _core.Pass(removal, AskRemoval);
        Assert.Equal(["Pause"], pause.EffectNames);

        var again = _core.Pass(pause, "Pause");

        Assert.Equal([typeof(ExecRemoved)], _core.Reply(again, AskRemoval, s_done).EventTypes);
    }

    [Fact]
    public void Should_remove_a_process_without_an_answer_as_soon_as_the_agent_returns()
    {
        var failed = _core.Pass(Exec(), Ask);
        _core.Pass(failed, AskRemoval);

        Assert.Equal([AskRemoval], _core.On(new AgentReturned()).EffectNames);
    }

    [Fact]
    public void Should_need_no_agent_for_a_removal_after_the_vms_end()
    {
        Start();
        _core.On(new VmDied("gone"));
        Assert.Equal(137, _core.State.Record.Containers["c"].Execs["e"].Exit?.Code);

        var end = _core.On(new ExecLeft("c", "e"));

        Assert.Equal([typeof(ExecRemoved)], end.EventTypes);
        Assert.Empty(end.EffectNames);
    }

    [Fact]
    public void Should_record_the_end_of_a_process_once()
    {
        Start();

        Assert.Equal([typeof(ExecExited)], _core.On(new ExecEnded("c", "e", 3, "")).EventTypes);
        Assert.Empty(_core.On(new ExecEnded("c", "e", 4, "")).Events);
        Assert.Empty(_core.On(new ExecEnded("c", "unknown", 4, "")).Events);
        Assert.Equal(3, _core.State.Record.Containers["c"].Execs["e"].Exit?.Code);
    }

    [Fact]
    public void Should_resume_an_interrupted_start_when_the_agent_answers_again()
    {
        _core.Record(new ExecBegun { Container = "c", Id = "e", StandIn = new ProcessRecord { Pid = 9, StartTime = 90 }, Process = s_process.Process });

        var resumed = _core.On(new AgentReturned());
        Assert.Equal([Ask], resumed.EffectNames);
        Assert.Empty(resumed.Events);
        Exec();

        Assert.Equal([s_executed], _core.Reply(resumed, Ask, s_done).Replies);
    }

    [Fact]
    public void Should_not_run_a_process_again_whose_removal_was_interrupted()
    {
        _core.Record(new ExecBegun { Container = "c", Id = "e", StandIn = new ProcessRecord { Pid = 9, StartTime = 90 }, Process = s_process.Process });
        _core.Record(new ExecExited { Container = "c", Id = "e", ExitCode = 255, Reason = "no answer" });

        Assert.Equal([AskRemoval], _core.On(new AgentReturned()).EffectNames);
    }

    [Fact]
    public void Should_end_with_the_removal_of_its_container()
    {
        Exec();
        _core.Record(new ContainerDeleted { Id = "c" });

        var end = _core.On(new Changed());

        Assert.Equal([new Failure(FailureCode.NotFound, "cannot exec in container \"c\": it was deleted")], end.Replies);
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_refuse_a_container_that_does_not_run()
    {
        _core.BeginCreation("new");
        Assert.Equal([new Failure(FailureCode.FailedPrecondition, "cannot exec in container \"new\": it is creating, not running")], Exec(container: "new").Replies);
        _core.Exit("c");
        Assert.Equal([new Failure(FailureCode.FailedPrecondition, "cannot exec in a stopped container")], Exec().Replies);
        Assert.Equal([Failure.NoSuchContainer("x")], Exec(container: "x").Replies);
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_refuse_when_the_journal_cannot_be_written()
    {
        _core.Outside = _core.Outside with { IsJournaled = false };

        Assert.Equal(FailureCode.Unavailable, Assert.IsType<Failure>(Assert.Single(Exec().Replies)).Code);
    }

    private void Start() => _core.Reply(Exec(), Ask, s_done);

    private Decision Exec(ExecRecord? process = null, string container = "c") =>
        _core.On(new Exec(container, process ?? s_process, new WaitingRequester(new RequesterId(100 + ++_requests), s_executed)));
}
