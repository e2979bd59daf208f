using System.Text.Json;
using KataActors.Hypervisor.Qmp;

namespace KataActors.Hypervisor.Tests;

public sealed class MonitorEventsSpecs
{
    private readonly MonitorEvents _events = new();

    [Theory]
    [InlineData("SHUTDOWN", true)]
    [InlineData("GUEST_PANICKED", true)]
    [InlineData("MIGRATION", true)]
    [InlineData("RTC_CHANGE", false)]
    [InlineData("shutdown", false)]
    [InlineData("", false)]
    public void Should_admit_what_the_actor_acts_on(string name, bool admitted) => Assert.Equal(admitted, _events.Admit(Named(name)));

    [Fact]
    public void Should_admit_no_more_than_the_actor_keeps_up_with()
    {
        Assert.Equal(64, Enumerable.Range(0, 100_000).Count(_ => _events.Admit(Named("GUEST_PANICKED"))));
        _events.Taken();
        Assert.True(_events.Admit(Named("SHUTDOWN")));
        Assert.False(_events.Admit(Named("SHUTDOWN")));
    }

    private static QmpEvent Named(string name) => new(name, default(JsonElement));
}
