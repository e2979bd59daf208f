using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>The orphans found by a look at the host.</summary>
public sealed class OrphanSpecs
{
    [Fact]
    public void Should_take_for_an_orphan_what_is_on_record_and_not_known_once_with_all_of_its_records()
    {
        var core = new FactoryDecider(minimum: 1, maximum: 1); // It boots VM 1.
        var look = new HostLook([FactoryDecider.Vm(1), FactoryDecider.Vm(2), FactoryDecider.Vm(3)], [FactoryDecider.Vm(3), FactoryDecider.Vm(4)], null);

        Assert.Equal(
            [
                new Orphan(FactoryDecider.Vm(2), HasRunDirectory: true, HasTemplateFolder: false, IsOfEarlierDaemon: true),
                new Orphan(FactoryDecider.Vm(3), HasRunDirectory: true, HasTemplateFolder: true, IsOfEarlierDaemon: true),
                new Orphan(FactoryDecider.Vm(4), HasRunDirectory: false, HasTemplateFolder: true, IsOfEarlierDaemon: true),
            ],
            Orphan.In(look, core.State));
    }

    [Fact]
    public void Should_tear_down_what_was_seen_and_tell_what_could_not_be_looked_at()
    {
        var core = new FactoryDecider(isServing: false);
        core.On(new FactoryInput.Begun());

        var seen = core.On(new FactoryInput.HostSeen(new HostLook([FactoryDecider.Vm(1)], [], "the template's folder cannot be listed")));

        Assert.Equal("TearDown 1", seen.Work);
        Assert.Contains("the template's folder cannot be listed", Assert.Single(seen.Step.Remarks).Text, StringComparison.Ordinal);
    }
}
