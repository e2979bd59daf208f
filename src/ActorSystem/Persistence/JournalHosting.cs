using Akka.Hosting;
using Akka.Persistence.Sql.Config;
using LinqToDB;

namespace KataActors.Runtime.Persistence;

/// <summary>Adds the journal to an actor system.</summary>
public static class JournalHosting
{
    /// <summary>The serializer of the journal's events. Which journal is used is the configuration's business.</summary>
    public static AkkaConfigurationBuilder AddJournalEvents(this AkkaConfigurationBuilder builder) =>
        builder.WithCustomSerializer(JournalSerializer.ConfigurationName, JournalSerializer.Types, system => new JournalSerializer(system));

    /// <summary>Names the SQLite database that Akka.Persistence.Sql uses where the configuration selects it.</summary>
    public static AkkaConfigurationBuilder AddSqliteJournal(this AkkaConfigurationBuilder builder, string file) =>
        builder.AddSetup(new DataOptionsSetup(new DataOptions()
            .UseConnectionString(ProviderName.SQLiteMS, JournalFile.ConnectionString(file))
            .UseInterceptor(new JournalConnection())));
}
