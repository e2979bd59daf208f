using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The return of a sandbox after a crash, as the core decides on it.</summary>
public sealed class ReconcileSpecs
{
    private readonly Decider _core = new("s", "c");

    // The actors of the containers are made by the same decision.
    [Fact]
    public void Should_end_the_process_of_a_container_whose_removal_was_interrupted()
    {
        _core.Record(new ContainerDeleteBegun { Id = "c" });
        _core.Outside = new Outside { BootId = "boot", VmUuids = [Decider.Uuid] };
        _core.On(new Recovered());
        _core.Outside = _core.Outside with { AgentConnected = true, HoldsVm = true };

        var end = _core.On(new AgentReturned());

        Assert.Equal(["AttendContainers", "Pause", "KillContainer c", "TakeCommands"], end.EffectNames);
    }

    // Its requester gets an error: the container must not stand still later.
    [Fact]
    public void Should_undo_an_interrupted_pause_when_the_agent_does_not_answer()
    {
        _core.Record(new ContainerPauseBegun { Id = "c" });
        _core.Outside = new Outside { BootId = "boot", VmUuids = [Decider.Uuid] };
        var recovered = _core.On(new Recovered());

        var end = _core.Pass(recovered, "Pause");
        Assert.Equal([typeof(ContainerResumeBegun)], end.EventTypes);
        Assert.Equal(["AttendContainers", "Invoke ResumeContainerRequest", "TakeCommands"], end.EffectNames.Order(StringComparer.Ordinal));

        var pause = _core.On(new SetPaused("c", IsPaused: true, new WaitingRequester(new RequesterId(1), new SandboxCommands.Paused())));
        Assert.Equal([new Failure(FailureCode.Unavailable, "cannot pause container \"c\": the agent does not answer")], pause.Replies);
        _core.Outside = _core.Outside with { AgentConnected = true, HoldsVm = true };
        Assert.DoesNotContain("Invoke PauseContainerRequest", _core.On(new AgentReturned()).EffectNames);
    }

    // Its requester gets an error, too.
    [Fact]
    public void Should_remove_an_interrupted_process_when_the_agent_does_not_answer()
    {
        _core.Record(new ExecBegun { Container = "c", Id = "e", StandIn = new ProcessRecord { Pid = 9, StartTime = 90 }, Process = Google.Protobuf.ByteString.Empty });
        _core.Outside = new Outside { BootId = "boot", VmUuids = [Decider.Uuid] };

        var end = _core.Pass(_core.On(new Recovered()), "Pause");

        Assert.Equal([typeof(ExecExited)], end.EventTypes);
        Assert.Equal(["AttendContainers", "Invoke RemoveProcessRequest", "TakeCommands"], end.EffectNames.Order(StringComparer.Ordinal));
        var exec = new Exec("c", new ExecRecord("e", default, Google.Protobuf.ByteString.Empty), new WaitingRequester(new RequesterId(1), new SandboxCommands.Executed()));
        Assert.Equal([new Failure(FailureCode.FailedPrecondition, "cannot exec in container \"c\": the agent does not answer")], _core.On(exec).Replies);
    }

    [Fact]
    public void Should_ask_about_an_interrupted_start_until_the_agent_answers()
    {
        _core.BeginCreation("n");
        _core.Record(new ContainerCreated { Id = "n" });
        _core.Record(new ContainerStartBegun { Id = "n" });
        _core.Outside = new Outside { BootId = "boot", VmUuids = [Decider.Uuid] };

        var end = _core.Pass(_core.On(new Recovered()), "Pause");

        Assert.Empty(end.Events);
        Assert.Equal(["AttendContainers", "Invoke StartContainerRequest", "TakeCommands"], end.EffectNames.Order(StringComparer.Ordinal));
    }
}
