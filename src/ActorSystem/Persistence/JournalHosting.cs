using Akka.Hosting;
using Akka.Persistence.Sql.Config;
using LinqToDB;

namespace KataActors.Runtime.Persistence;

/// <summary>Adds the journal to an actor system.</summary>
public static class JournalHosting
{
    /// <summary>Adds the serializer of the journal's events. The configuration selects the journal.</summary>
    public static AkkaConfigurationBuilder AddJournalEvents(this AkkaConfigurationBuilder builder) =>
        builder.WithCustomSerializer(JournalSerializer.ConfigurationName, JournalSerializer.Types, system => new JournalSerializer(system));

    /// <summary>Sets the SQLite database of Akka.Persistence.Sql, if the configuration selects it.</summary>
    public static AkkaConfigurationBuilder AddSqliteJournal(this AkkaConfigurationBuilder builder, string file) =>
        builder.AddSetup(new DataOptionsSetup(new DataOptions()
            .UseConnectionString(ProviderName.SQLiteMS, JournalFile.ConnectionString(file))
            .UseInterceptor(new JournalConnection())));
}
