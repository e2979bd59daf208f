using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;
using static KataActors.Runtime.Sandboxes.SandboxQueries;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>Looks at a container, as the core decides on them.</summary>
public sealed class ViewContainerSpecs
{
    private readonly Decider _core = new("s", "c");
    private int _requests;

    [Fact]
    public void Should_name_the_stand_ins_of_the_running_processes_without_the_guest()
    {
        AddExec("e1", 12, isStarted: true);
        AddExec("e2", 11, isStarted: true);
        AddExec("e3", 13, isStarted: false);
        AddExec("e4", 14, isStarted: true);
        _core.Record(new ExecExited { Container = "c", Id = "e4" });

        var seen = View(Inside.Nothing);

        var view = Assert.IsType<ContainerView>(Assert.Single(seen.Replies));
        Assert.Equal((ContainerStatus.Running, null), (view.Status, view.Guest));
        Assert.Equal([8, 11, 12], view.StandIns);
        Assert.Empty(seen.Effects);
    }

    [Fact]
    public void Should_add_the_guests_answer()
    {
        var asked = View(Inside.Statistics);
        var answer = new StatsContainerResponse();

        var end = _core.Reply(asked, "Invoke StatsContainerRequest", new AgentProtocol.Invoked(null, answer));

        Assert.Same(answer, Assert.IsType<ContainerView>(Assert.Single(end.Replies)).Guest);
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_ask_the_guest_of_an_ended_container_too()
    {
        _core.Exit("c");

        Assert.Equal(["Invoke StatsContainerRequest"], View(Inside.Statistics).EffectNames);
        Assert.Empty(Assert.IsType<ContainerView>(Assert.Single(View(Inside.Nothing).Replies)).StandIns);
    }

    [Fact]
    public void Should_do_without_the_guest_after_the_vms_end()
    {
        var asked = View(Inside.Processes);
        Assert.Equal(["Invoke ListProcessesRequest"], asked.EffectNames);

        var ended = _core.On(new VmDied("gone"));

        Assert.Equal(ContainerStatus.Stopped, Assert.IsType<ContainerView>(Assert.Single(ended.Replies)).Status);
        Assert.IsType<ContainerView>(Assert.Single(View(Inside.Processes).Replies));
    }

    [Fact]
    public void Should_fail_with_the_guest()
    {
        var end = _core.Pass(View(Inside.Processes), "Invoke ListProcessesRequest");

        Assert.Equal([new Failure(FailureCode.DeadlineExceeded, "cannot examine container \"c\": the agent did not answer in time")], end.Replies);
        Assert.Equal([Failure.NoSuchContainer("x")], View(Inside.Nothing, "x").Replies);
    }

    private void AddExec(string id, int standIn, bool isStarted)
    {
        _core.Record(new ExecBegun { Container = "c", Id = id, StandIn = new ProcessRecord { Pid = standIn, StartTime = 90 }, Process = ByteString.Empty });
        if (isStarted)
        {
            _core.Record(new ExecStarted { Container = "c", Id = id });
        }
    }

    private Decision View(Inside inside, string id = "c") =>
        _core.On(new View(new ViewContainer(new ContainerKey("/r", id), inside), new RequesterId(100 + ++_requests)));
}
