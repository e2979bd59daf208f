using Akka.Configuration;
using Akka.Hosting;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>Sandboxes on a <see cref="FailingJournal"/>. Its switches are static, so these tests run one after the other.</summary>
[Collection(nameof(FailingJournal))]
public abstract class FailingJournalTest : SandboxTest
{
    private readonly TemporaryDirectory _directory = new();

    private protected FailingJournalTest() =>
        (FailingJournal.RefusesWrites, FailingJournal.RefusesSandboxes, FailingJournal.RefusesReads, FailingJournal.RefusesRegister) = (false, false, false, false);

    private protected override string RunDirectory => _directory.Path;

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddHocon(
            ConfigurationFactory.ParseString($$"""
                akka.persistence.journal.plugin = "failing"
                failing.class = "{{typeof(FailingJournal).AssemblyQualifiedName}}"
                failing.plugin-dispatcher = "akka.actor.default-dispatcher"
                """),
            HoconAddMode.Prepend);
    }
}
