using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>The removal of the pool and the template, decision by decision.</summary>
public sealed class DestructionSpecs
{
    private readonly FactoryDecider _core = new(template: true, boots: 3);

    [Fact]
    public void Should_remove_the_template_when_no_clone_is_starting_and_grant_none_meanwhile()
    {
        _core.Template(TemplateState.Ready);
        _core.Ask();
        _core.Seen();
        Assert.Equal("", Destroy().Work);
        Assert.Equal(("", 0), (_core.Ask().Work, _core.State.Boots.Count - 1));

        Assert.Equal("Remove", _core.On(new FactoryInput.BootOver(FactoryDecider.Sandbox(1))).Work);

        _core.Template(TemplateState.Checking);
        var removed = _core.Template(TemplateState.Absent);
        Assert.Equal(new FactoryDestroyed(true), Assert.Single(removed.Replies));
        Assert.Equal("Make", removed.Work); // For the request that waits.
    }

    [Fact]
    public void Should_not_grant_a_clone_on_a_look_that_ends_after_the_removal_has_begun()
    {
        _core.Template(TemplateState.Ready);
        _core.Ask();
        var look = _core.State.Looks;
        Destroy();

        Assert.Empty(_core.On(new FactoryInput.TemplateSeen(look, IsUnchanged: true)).Replies);
    }

    [Fact]
    public void Should_wait_for_the_end_of_the_making_before_it_removes_the_template()
    {
        _core.Template(TemplateState.Making);
        Assert.Equal("", Destroy().Work);
        Assert.Empty(_core.Elapse(new FactoryTimer.DestroyOverdue()).Replies);

        Assert.Equal("Remove", _core.Template(TemplateState.Ready).Work);
    }

    [Fact]
    public void Should_say_what_is_left_when_the_time_is_over_and_serve_again()
    {
        _core.Template(TemplateState.Ready);
        _core.Ask();
        _core.Seen();
        Destroy();
        _core.Ask();

        var overdue = _core.Elapse(new FactoryTimer.DestroyOverdue());

        var failure = Assert.IsType<Failure>(Assert.Single(overdue.Replies));
        Assert.Equal("cannot destroy the factory within 20 s: 1 VMs are just being cloned from the template", failure.Message);
        Assert.Equal("LookAtTemplate", overdue.Work);
    }

    [Fact]
    public void Should_answer_all_who_ask_with_one_removal()
    {
        _core.Template(TemplateState.Ready);
        Destroy();
        Assert.Equal("", Destroy().Work);

        Assert.Equal([new FactoryDestroyed(true), new FactoryDestroyed(true)], _core.Template(TemplateState.Absent).Replies);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Should_say_that_the_template_could_not_be_removed(bool hasActor)
    {
        _core.Template(TemplateState.Ready);
        Destroy();

        var failed = hasActor ? _core.Template(TemplateState.Failed) : _core.On(new FactoryInput.TemplateActorStopped());

        Assert.StartsWith("the template could not be removed: ", Assert.IsType<Failure>(Assert.Single(failed.Replies)).Message, StringComparison.Ordinal);
    }

    private Decided Destroy() => _core.On(new FactoryInput.Destroy(new Named("d")));
}
