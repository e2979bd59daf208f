using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>Requests for VMs, decision by decision.</summary>
public sealed class RequestsSpecs
{
    [Fact]
    public void Should_let_all_requests_wait_until_the_orphans_of_an_earlier_daemon_were_tried()
    {
        var core = new FactoryDecider(isServing: false);
        core.On(new FactoryInput.Begun());
        Assert.Empty(core.Ask().Replies);
        Assert.Equal("TearDown 1, TearDown 2", core.See(1, 2).Work);
        Assert.Empty(core.On(new FactoryInput.OrphanGone(FactoryDecider.Vm(1))).Replies);

        Assert.Equal(VmSources.Cold, core.On(new FactoryInput.OrphanDelayed(FactoryDecider.Vm(2))).Granted.Source);
        Assert.Equal("Orphaned 2", core.Vms);
    }

    [Fact]
    public void Should_serve_when_the_host_could_not_be_looked_at_and_say_so()
    {
        var core = new FactoryDecider(isServing: false);
        core.Ask();

        var decided = core.On(new FactoryInput.HostSeen(HostLook.Failed("it cannot be listed")));

        Assert.Contains("it cannot be listed", Assert.Single(decided.Step.Remarks).Text, StringComparison.Ordinal);
        Assert.Equal(VmSources.Cold, decided.Granted.Source);
    }

    [Fact]
    public void Should_grant_a_clone_when_a_look_has_found_the_template_unchanged_and_look_again_for_the_next()
    {
        var core = new FactoryDecider(template: true);
        core.Template(TemplateState.Ready);
        var asked = core.Ask();
        Assert.Equal(("LookAtTemplate", 0), (asked.Work, asked.Step.Replies.Length));
        Assert.Equal("", core.Ask().Work); // One look is enough.

        var seen = core.Seen();

        Assert.All(seen.Replies, reply => Assert.Equal(VmSources.Template, Assert.IsType<VmGranted>(reply).Source));
        Assert.Equal(2, seen.Step.Replies.Length);
        core.On(new FactoryInput.BootOver(FactoryDecider.Sandbox(1)));
        Assert.Equal("LookAtTemplate", core.Ask().Work);
    }

    [Fact]
    public void Should_have_a_changed_template_checked_and_grant_nothing_of_it()
    {
        var core = new FactoryDecider(template: true);
        core.Template(TemplateState.Ready);
        core.Ask();

        var seen = core.Seen(isUnchanged: false);

        Assert.Equal(("Check", 0), (seen.Work, seen.Step.Replies.Length));
        Assert.IsType<TemplateLife.Checking>(core.State.Template);
    }

    [Fact]
    public void Should_pass_over_a_look_at_an_earlier_template()
    {
        var core = new FactoryDecider(template: true);
        core.Template(TemplateState.Ready);
        core.Ask();
        var stale = core.State.Looks;
        core.Template(TemplateState.Checking);
        core.Template(TemplateState.Ready);

        Assert.Empty(core.On(new FactoryInput.TemplateSeen(stale, IsUnchanged: true)).Replies);
        Assert.Equal(VmSources.Template, core.Seen().Granted.Source);
    }

    [Fact]
    public void Should_not_look_at_the_template_while_no_more_vms_may_boot()
    {
        var core = new FactoryDecider(template: true, boots: 1);
        core.Template(TemplateState.Ready);
        core.Ask();
        core.Seen();

        Assert.Equal("", core.Ask().Work);

        Assert.Equal("LookAtTemplate", core.On(new FactoryInput.BootOver(FactoryDecider.Sandbox(1))).Work);
    }

    [Fact]
    public void Should_count_the_making_of_a_template_as_a_boot()
    {
        var core = new FactoryDecider(template: true, boots: 1);
        core.Template(TemplateState.Making);
        Assert.Empty(core.Ask(memoryMib: 512).Replies);

        Assert.Equal(VmSources.Cold, core.Template(TemplateState.Failed).Granted.Source);
    }

    [Fact]
    public void Should_refuse_a_request_when_too_many_wait()
    {
        var core = new FactoryDecider(isServing: false);
        for (var request = 0; request < 10_000; request++)
        {
            core.Ask();
        }

        Assert.Equal(FailureCode.ResourceExhausted, Assert.IsType<Failure>(Assert.Single(core.Ask().Replies)).Code);
    }

    [Fact]
    public void Should_forget_the_boot_and_the_request_of_a_sandbox_that_asks_again()
    {
        var core = new FactoryDecider(boots: 1);
        core.Ask();
        Assert.Single(core.State.Boots);
        var again = core.On(new FactoryInput.Request(FactoryDecider.Request(FactoryDecider.Sandbox(1), cloneFailure: "it died"), new Named("sandbox 1")));

        Assert.Equal(VmSources.Cold, again.Granted.Source);
        Assert.Contains(new FactoryEffect.Unwatch(new Named("sandbox 1")), again.Step.Effects);
        Assert.Single(core.State.Boots);
    }
}
