using Akka.Configuration;
using Akka.Hosting;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>Sandboxes on a <see cref="FailingJournal"/>. Its switches are static, so these tests run one after the other.</summary>
[Collection(nameof(FailingJournal))]
public abstract class FailingJournalTest : RunDirectoryTest
{
    private protected FailingJournalTest()
    {
        (FailingJournal.RefusesWrites, FailingJournal.RefusesSandboxes, FailingJournal.RefusesReads, FailingJournal.RefusesRegister) = (false, false, false, false);
        FailingJournal.Stall = null;
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
