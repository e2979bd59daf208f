using Akka.Actor;
using Akka.Hosting;
using Akka.Persistence;
using KataActors.Model.Journal;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Persistence;
using KataActors.TestSupport;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace KataActors.Runtime.Tests.Persistence;

/// <summary>The production journal: the reference configuration on a SQLite file.</summary>
public sealed class SqliteJournalSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string File => _directory.File("journal.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_give_back_what_an_earlier_system_wrote()
    {
        JournalFile.Prepare(File);
        object[] events = [new SandboxAdmitted { Id = "a", Uuid = "u" }, new SandboxForgotten { Uuid = "u" }];
        await using (var first = await Ledger.StartAsync(File))
        {
            Assert.Empty((await first.ReadAsync()).Events);
            foreach (var written in events)
            {
                await first.WriteAsync(written);
            }
        }

        await using var second = await Ledger.StartAsync(File);
        Assert.Equal(events, (await second.ReadAsync()).Events);
    }

    [Fact]
    public async Task Should_give_back_a_snapshot()
    {
        JournalFile.Prepare(File);
        var register = new SandboxRegister { Sandboxes = { new SandboxAdmitted { Id = "a" } } };
        await using (var first = await Ledger.StartAsync(File))
        {
            await first.WriteAsync(new SandboxAdmitted { Id = "a" });
            await first.SaveAsync(register);
        }

        await using var second = await Ledger.StartAsync(File);
        var read = await second.ReadAsync();
        Assert.Equal(register, read.Snapshot);
        Assert.Empty(read.Events);
    }

    [Fact]
    public async Task Should_write_events_as_protobuf_under_their_name()
    {
        JournalFile.Prepare(File);
        await using (var ledger = await Ledger.StartAsync(File))
        {
            await ledger.WriteAsync(new ContainerStarted { Id = "a" });
        }

        using var connection = new SqliteConnection(JournalFile.ConnectionString(File));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT identifier || ' ' || manifest || ' ' || hex(message) FROM journal";
        Assert.Equal("1701 kataactors.journal.v1.ContainerStarted 0A0161", command.ExecuteScalar());
    }

    private sealed record Content(object? Snapshot, IReadOnlyList<object> Events);

    private sealed record Save(object Snapshot);

    private sealed class Ledger(IHost host, IActorRef actor) : IAsyncDisposable
    {
        public static async Task<Ledger> StartAsync(string file)
        {
            var configuration = DaemonConfiguration.Load(Repository.ReferenceConfiguration, null);
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Services.AddAkka("ledger", akka => akka
                .AddHocon(configuration.Merged, HoconAddMode.Prepend)
                .AddJournalEvents()
                .AddSqliteJournal(file)
                .WithActors((system, registry) => registry.Register<LedgerActor>(system.ActorOf(Props.Create(() => new LedgerActor())))));
            var host = builder.Build();
            await host.StartAsync(Deadline.Token);
            return new Ledger(host, host.Services.GetRequiredService<ActorRegistry>().Get<LedgerActor>());
        }

        public Task WriteAsync(object message) => actor.Ask<object>(message, Deadline.Span);

        public async Task SaveAsync(object snapshot) => Assert.IsType<SaveSnapshotSuccess>(await actor.Ask<object>(new Save(snapshot), Deadline.Span));

        public Task<Content> ReadAsync() => actor.Ask<Content>("read", Deadline.Span);

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync(Deadline.Token);
            host.Dispose();
        }
    }

    private sealed class LedgerActor : UntypedPersistentActor
    {
        private readonly List<object> _events = [];
        private object? _snapshot;
        private IActorRef? _saver;

        public override string PersistenceId => "ledger";

        protected override void OnRecover(object message)
        {
            switch (message)
            {
                case SnapshotOffer offer:
                    _snapshot = offer.Snapshot;
                    break;
                case Google.Protobuf.IMessage read:
                    _events.Add(read);
                    break;
            }
        }

        protected override void OnCommand(object message)
        {
            switch (message)
            {
                case "read":
                    Sender.Tell(new Content(_snapshot, _events));
                    break;
                case Save save:
                    _saver = Sender;
                    SaveSnapshot(save.Snapshot);
                    break;
                case SaveSnapshotSuccess or SaveSnapshotFailure:
                    _saver.Tell(message);
                    break;
                default:
                    Persist(message, written => Sender.Tell(written));
                    break;
            }
        }
    }
}
