using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Tests.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The work of a sandbox whose actor is about to stop.</summary>
public sealed class SandboxWorkSpecs
{
    private static readonly Failure s_stopped = new(FailureCode.Unavailable, "stopped");
    private readonly Decider _core = new("s", "c");

    private SandboxWork Work => new(_core.State, _core.State);

    [Fact]
    public void Should_be_settled_beside_an_inspection()
    {
        _core.On(new Inspect(new RequesterId(9)));

        Assert.NotEmpty(_core.State.Operations);
        Assert.True(Work.IsSettled);
    }

    [Fact]
    public void Should_be_settled_while_the_end_of_a_pause_rests()
    {
        _core.Record(new ContainerPaused { Id = "c" });
        var resuming = _core.On(new SetPaused("c", IsPaused: false, new WaitingRequester(new RequesterId(7), new SandboxCommands.Resumed())));
        Assert.False(Work.IsSettled);

        _core.Pass(resuming, "Invoke ResumeContainerRequest");

        Assert.NotEmpty(_core.State.Operations);
        Assert.True(Work.IsSettled);
    }

    [Fact]
    public void Should_not_be_settled_during_a_removal()
    {
        _core.Remove(whole: true);

        Assert.False(Work.IsSettled);
        Assert.True(Work.IsRemoval);
    }

    [Fact]
    public void Should_pass_each_removal_on_with_its_requester_once()
    {
        _core.Remove("c");
        var waiting = new WaitingRequester(new RequesterId(7), new SandboxCommands.Deleted());

        var removals = Work.Deletions([new Delete("d", Force: true, waiting), new Delete("d", Force: true, waiting), new Changed()]);

        Assert.Equal([("c", new RequesterId(-1)), ("d", new RequesterId(7))], removals);
    }

    [Fact]
    public void Should_give_the_requester_of_a_creation_the_cause_and_all_others_the_same_failure()
    {
        var core = Decider.New("s");
        core.Create("s");
        var work = new SandboxWork(core.State, core.State);

        Assert.Equal("cannot create container \"s\": the disk is full", work.FailureFor(new RequesterId(1), "the disk is full", s_stopped).Message);
        Assert.Equal(s_stopped, work.FailureFor(new RequesterId(2), "the disk is full", s_stopped));
    }

    [Fact]
    public void Should_free_the_id_of_a_creation_whose_intent_is_not_persisted_yet()
    {
        var core = Decider.New("s");
        var before = core.State;
        core.Create("s");

        Assert.Equal(new ContainerKey("/r", "s"), Assert.Single(new SandboxWork(before, core.State).Unrecorded));
        Assert.Empty(new SandboxWork(core.State, core.State).Unrecorded);
    }
}
