using Akka.Actor;
using Akka.Hosting;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Gateway;
using KataActors.Runtime.Hosting;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Tests.Gateway;
using KataActors.TestSupport;
using Microsoft.Data.Sqlite;
using Xunit;

namespace KataActors.Runtime.Tests.Persistence;

/// <summary>The failure of the journal's keeper, under the daemon's supervision.</summary>
public sealed class JournalKeeperSpecs : Akka.Hosting.TestKit.TestKit
{
    // No list.
    private static readonly JournalKeeperActor.Forget s_poison = new(default);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeLifetime _lifetime = new();

    private string File => _directory.File("journal.db");

    private IActorRef Keeper => ActorRegistry.Get<JournalKeeperActor>();

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        JournalFile.Prepare(File);
        builder.AddHocon(DaemonConfiguration.Load(Repository.ReferenceConfiguration, null).Merged, HoconAddMode.Prepend)
            .WithActors((system, registry) =>
            {
                registry.Register<FactoryActor>(system.ActorOf(Props.Empty));
                registry.Register<GatewayActor>(system.ActorOf(Props.Empty));
                registry.Register<JournalKeeperActor>(system.ActorOf(JournalKeeperActor.Props(File), "journal-keeper"));
            })
            .EndWithAnyOfTheTop(_lifetime);
    }

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_do_what_it_is_told_after_a_failure_and_what_was_under_way()
    {
        Execute("CREATE TABLE journal (persistence_id TEXT, sequence_number INTEGER); CREATE TABLE tags (persistence_id TEXT)");
        Execute("INSERT INTO journal VALUES ('a', 1), ('b', 1)");
        Keeper.Tell(new JournalKeeperActor.Forget(["a"]));
        Keeper.Tell(new JournalKeeperActor.Inspect(), TestActor);
        Keeper.Tell(s_poison);
        Keeper.Tell(new JournalKeeperActor.Open(), TestActor);
        Keeper.Tell(new JournalKeeperActor.Forget(["b"]));

        object[] replies = [await ReceiveOneAsync(Deadline.Span), await ReceiveOneAsync(Deadline.Span)];
        Assert.Single(replies.OfType<JournalKeeperActor.Inspected>());
        Assert.Single(replies.OfType<JournalKeeperActor.Opened>());
        await Eventually.HoldsAsync(() => JournalRows.Owners(File).Count == 0);
        Assert.True(_lifetime.IsSilent);
    }

    [Fact]
    public async Task Should_end_the_daemon_when_it_goes_on_failing()
    {
        for (var failure = 0; failure < 6; failure++)
        {
            Keeper.Tell(s_poison);
        }

        Assert.Equal("the actor \"journal-keeper\" failed", await _lifetime.NextAsync());
    }

    private void Execute(string statement)
    {
        using var connection = new SqliteConnection(JournalFile.ConnectionString(File));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }
}
