using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using Xunit;
using static KataActors.Runtime.Sandboxes.SandboxReports;
using static KataActors.Runtime.Tests.Sandboxes.SandboxRecordSpecs;

namespace KataActors.Runtime.Tests.Sandboxes;

public sealed class SandboxReporterSpecs
{
    private readonly SandboxReporter _reporter = new();

    [Fact]
    public void Should_report_all_at_first_the_sandbox_before_its_containers()
    {
        var record = After(Begun(), ContainerBegun("s"));

        Assert.Equal(
            [new SandboxChanged(record.ToSnapshot()), new ContainerChanged(record.Containers["s"].ToSnapshot("s"))],
            _reporter.News(record));
    }

    [Fact]
    public void Should_report_nothing_when_nothing_that_is_shown_has_changed()
    {
        var record = After(Begun(), ContainerBegun("s"), new ContainerCreated { Id = "s" });
        _reporter.News(record);

        Assert.Empty(_reporter.News(record.Apply(new ContainerUpdated { Id = "s" })));
    }

    [Fact]
    public void Should_report_one_container_when_it_alone_has_changed()
    {
        var record = After(
            Begun(), ContainerBegun("s"), new ContainerCreated { Id = "s" }, ContainerBegun("c"), new ContainerCreated { Id = "c" }, new ContainerStarted { Id = "s" });
        _reporter.News(record);

        var news = _reporter.News(record.Apply(new ContainerStarted { Id = "c" }));

        Assert.Equal("c", Assert.IsType<ContainerChanged>(Assert.Single(news)).Container.Key.Id);
    }

    [Fact]
    public void Should_report_the_next_container_of_an_id_although_it_looks_like_the_last()
    {
        var record = After(Begun(), ContainerBegun("s"), new ContainerCreated { Id = "s" }, ContainerBegun("c"));
        _reporter.News(record);
        record = record.Apply(new ContainerCreateFailed { Id = "c" });
        Assert.Equal([new SandboxChanged(record.ToSnapshot())], _reporter.News(record));

        record = record.Apply(ContainerBegun("c"));

        Assert.Contains(new ContainerChanged(record.Containers["c"].ToSnapshot("s")), _reporter.News(record));
    }
}
