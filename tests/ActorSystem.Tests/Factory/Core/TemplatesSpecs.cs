using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>The template, decision by decision.</summary>
public sealed class TemplatesSpecs
{
    /// <summary>The state of the template, the event, the next state, and the effects.</summary>
    public static TheoryData<string, string, string, string> Table => new()
    {
        { "Checking", "asked", "Checking", "" },
        { "Checking", "destroyed", "Checking", "" },
        { "Checking", "due", "Checking", "" },
        { "Checking", "stopped", "Failed", "" },
        { "Absent", "asked", "Checking", "Make" },
        { "Absent", "init", "Checking", "Make" },
        { "Absent", "destroyed", "Removing", "Remove" },
        { "Absent", "stopped", "Failed", "" },
        { "Making", "asked", "Making", "" },
        { "Making", "init", "Making", "" },
        { "Making", "destroyed", "Making", "" },
        { "Making", "due", "Making", "" },
        { "Making", "stopped", "Failed", "" },
        { "Ready", "asked", "Ready", "LookAtTemplate" },
        { "Ready", "init", "Ready", "" },
        { "Ready", "destroyed", "Removing", "Remove" },
        { "Ready", "due", "Ready", "" },
        { "Ready", "stopped", "Failed", "" },
        { "Failed", "asked", "Failed", "" },
        { "Failed", "init", "Checking", "Make" },
        { "Failed", "due", "Checking", "Check" },
        { "Failed", "destroyed", "Removing", "Remove" },
        { "Removing", "asked", "Removing", "" },
        { "Removing", "init", "Removing", "" },
        { "Removing", "destroyed", "Removing", "" },
        { "Removing", "due", "Removing", "" },
        { "Removing", "overdue", "Removing", "" },
        { "Removing", "stopped", "Failed", "" },
        { "Actorless", "init", "Checking", "StartTemplateActor" },
        { "Actorless", "due", "Checking", "StartTemplateActor" },
        { "Actorless", "destroyed", "Checking", "StartTemplateActor" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Should_go_on_from_each_state(string state, string what, string next, string work)
    {
        var core = In(state);

        var decided = Happen(core, what);

        Assert.Equal((next, work), (core.State.Template.GetType().Name, decided.Work));
    }

    [Fact]
    public void Should_pause_longer_after_each_attempt_that_fails_and_say_once_why()
    {
        var core = new FactoryDecider(template: true);
        List<double> pauses = [];
        var remarks = 0;
        for (var attempt = 0; attempt < 6; attempt++)
        {
            var failed = core.Template(TemplateState.Failed);
            pauses.Add(failed.Timers.Single().Span.TotalMinutes);
            remarks += failed.Step.Remarks.Length;
            core.Elapse(new FactoryTimer.MakeAgain());
        }

        Assert.Equal([1, 2, 4, 8, 10, 10], pauses);
        Assert.Equal(1, remarks);
        core.Template(TemplateState.Ready);
        Assert.Equal(TimeSpan.FromMinutes(1), core.Template(TemplateState.Failed).Timers.Single().Span);
    }

    [Fact]
    public void Should_put_off_nothing_by_an_attempt_by_hand()
    {
        var core = new FactoryDecider(template: true);
        core.Template(TemplateState.Failed);
        Happen(core, "init");
        Assert.Empty(core.Template(TemplateState.Failed).Timers);
        Assert.Equal("Check", core.Elapse(new FactoryTimer.MakeAgain()).Work);
    }

    [Fact]
    public void Should_tell_each_step_of_the_making_to_a_requester_that_does_not_know_it()
    {
        var core = new FactoryDecider(template: true);
        core.Template(TemplateState.Absent);
        Assert.Empty(Happen(core, "init").Replies);
        Assert.Equal(new TemplateProgress("it is Making", Done: false, Made: false), Assert.Single(core.Template(TemplateState.Making).Replies));
        Assert.Empty(core.On(new FactoryInput.Init("it is Making", new Named("i"))).Replies);

        Assert.Equal(new TemplateProgress("the template is ready", Done: true, Made: true), Assert.Single(core.Template(TemplateState.Ready).Replies));
    }

    [Fact]
    public void Should_make_a_template_that_was_being_looked_at_when_the_command_came_and_is_not_right()
    {
        var core = new FactoryDecider(template: true);
        Assert.Empty(Happen(core, "init").Replies);

        Assert.Equal("Make", core.Template(TemplateState.Absent).Work);
    }

    private static FactoryDecider In(string state)
    {
        var core = new FactoryDecider(template: true);
        switch (state)
        {
            case "Removing":
                core.Template(TemplateState.Ready);
                core.On(new FactoryInput.Destroy(new Named("d")));
                break;
            case "Actorless":
                core.On(new FactoryInput.TemplateActorStopped());
                break;
            default:
                core.Template(Enum.Parse<TemplateState>(state));
                break;
        }

        return core;
    }

    private static Decided Happen(FactoryDecider core, string what) => what switch
    {
        "asked" => core.Ask(),
        "init" => core.On(new FactoryInput.Init("", new Named("i"))),
        "due" => core.Elapse(new FactoryTimer.MakeAgain()),
        "overdue" => core.Elapse(new FactoryTimer.DestroyOverdue()),
        "destroyed" => core.On(new FactoryInput.Destroy(new Named("d"))),
        _ => core.On(new FactoryInput.TemplateActorStopped()),
    };
}
