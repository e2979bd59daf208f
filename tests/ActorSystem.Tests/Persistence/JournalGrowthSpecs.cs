using System.Globalization;
using Akka.Actor;
using Akka.Hosting;
using Akka.Persistence;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Oci;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Tests.Sandboxes;
using KataActors.TestSupport;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using static KataActors.Runtime.Sandboxes.SandboxCommands;

namespace KataActors.Runtime.Tests.Persistence;

/// <summary>
/// Removed sandboxes leave nothing in the production journal. The manager, the register, the journal and its file are real; the sandboxes write the
/// events of a SandboxActor and have no VM. KATA_ACTORS_JOURNAL_CYCLES is the number of sandboxes (1000), KATA_ACTORS_JOURNAL_FOLDER the place where
/// the file stays.
/// </summary>
public sealed class JournalGrowthSpecs : IDisposable
{
    private const int AtOnce = 50;
    private const string Root = "/run/kata-actors";
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(5);

    private readonly TemporaryDirectory _directory = new();
    private readonly DescriptorTable _descriptors = new(TimeProvider.System);

    private string File { get; }

    public JournalGrowthSpecs() =>
        File = Path.Combine(Environment.GetEnvironmentVariable("KATA_ACTORS_JOURNAL_FOLDER") ?? _directory.Path, "journal.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _descriptors.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_leave_no_row_and_a_file_of_the_same_size_when_many_sandboxes_have_come_and_gone()
    {
        var cycles = int.Parse(Environment.GetEnvironmentVariable("KATA_ACTORS_JOURNAL_CYCLES") ?? "1000", CultureInfo.InvariantCulture);
        await using (var node = await Node.StartAsync(File, keeps: true))
        {
            await CycleAsync(node, 0, cycles / 5);
            await SettleAsync();
            var early = Number("PRAGMA page_count");

            await CycleAsync(node, cycles / 5, cycles);
            await SettleAsync();

            // A few dozen pages, which come and go with the moment; a row that stays for each sandbox is counted below.
            Assert.InRange(Number("PRAGMA page_count"), 1, (2 * early) + 16);
            Assert.InRange(new FileInfo(File + "-wal").Length, 0, 2 * JournalFile.LongestLog);
        }

        Assert.Equal(["sandbox-manager"], JournalRows.Owners(File));
        Assert.InRange(Number("SELECT count(*) FROM journal"), 0, 250);
        Assert.InRange(Number("SELECT count(*) FROM snapshot"), 0, 1);
        Assert.Equal((0, 0), (Number("SELECT count(*) FROM tags"), Number("SELECT count(*) FROM journal WHERE deleted AND persistence_id <> 'sandbox-manager'")));
    }

    [Fact]
    public async Task Should_delete_what_a_killed_daemon_left_of_removed_sandboxes_and_nothing_of_those_that_live()
    {
        await using (var killed = await Node.StartAsync(File, keeps: false))
        {
            await CycleAsync(killed, 0, 10);
            await killed.AskAsync<Created>(Create("alive"));
        }

        Assert.Equal(12, JournalRows.Owners(File).Count);
        var rows = Number("SELECT count(*) FROM journal WHERE NOT deleted AND persistence_id <> 'sandbox-manager'");

        await using var next = await Node.StartAsync(File, keeps: true);

        await Eventually.HoldsAsync(() => JournalRows.Owners(File).Count == 2);
        Assert.Equal((3, 3), (rows, Number("SELECT count(*) FROM journal WHERE persistence_id <> 'sandbox-manager'")));
        await next.AskAsync<Deleted>(new DeleteContainer(new ContainerKey(Root, "alive"), Force: true));
    }

    private Task CycleAsync(Node node, int from, int to) => Parallel.ForEachAsync(
        Enumerable.Range(from, to - from),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (number, _) =>
        {
            var create = Create($"s{number}");
            await node.AskAsync<Created>(create);
            await node.AskAsync<Deleted>(new DeleteContainer(create.Key, Force: true));
        });

    private async Task SettleAsync()
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        while (JournalRows.Owners(File).Count > 1 || Number("SELECT count(*) FROM snapshot") > 1)
        {
            await Task.Delay(20, deadline.Token);
        }
    }

    private CreateContainer Create(string id)
    {
        var (spec, bytes) = Specs.Make();
        Assert.True(ContainerPlacement.TryResolve(spec, ContainerId.Parse(id), out var placement, out _));
        return new CreateContainer(
            new ContainerKey(Root, id), spec, placement!, bytes, "/b", ProcessIdentity.TryRead(Environment.ProcessId)!.Value, _descriptors.Add(DescriptorSet.Empty), 0);
    }

    private long Number(string query)
    {
        using var connection = new SqliteConnection(JournalFile.ConnectionString(File));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = query;
        return (long)command.ExecuteScalar()!;
    }

    private sealed class Node(IHost host) : IAsyncDisposable
    {
        public static async Task<Node> StartAsync(string file, bool keeps)
        {
            JournalFile.Prepare(file);
            var configuration = DaemonConfiguration.Load(Repository.ReferenceConfiguration, null);
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Services.AddAkka("node", akka => akka
                .AddHocon(configuration.Merged, HoconAddMode.Prepend)
                .AddJournalEvents()
                .AddSqliteJournal(file)
                .WithActors((system, registry) => registry.Register<SandboxManagerActor>(system.ActorOf(SandboxManagerActor.Props(
                    (registration, _) => Props.Create(() => new PlayedSandbox(registration)),
                    new DescriptorTable(TimeProvider.System),
                    40,
                    keeps ? system.ActorOf(JournalKeeperActor.Props(file)) : ActorRefs.Nobody,
                    "/run/none",
                    null,
                    s_deadline)))));
            var host = builder.Build();
            await host.StartAsync(Deadline.Token);
            return new Node(host);
        }

        public async Task<T> AskAsync<T>(object message)
        {
            var manager = host.Services.GetRequiredService<ActorRegistry>().Get<SandboxManagerActor>();
            return Assert.IsType<T>(await manager.Ask<object>(message, s_deadline));
        }

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync(Deadline.Token);
            host.Dispose();
        }
    }

    /// <summary>Writes the events and reports of a SandboxActor's whole life.</summary>
    private sealed class PlayedSandbox(SandboxRegistration registration) : UntypedPersistentActor
    {
        public override string PersistenceId => registration.PersistenceId;

        protected override void OnRecover(object message)
        {
            if (message is RecoveryCompleted)
            {
                Context.Parent.Tell(new SandboxReports.SandboxRecovered(registration.Uuid));
            }
        }

        protected override void OnCommand(object message)
        {
            var asker = Sender;
            switch (message)
            {
                case CreateContainer create:
                    var left = 3;
                    IMessage[] events =
                    [
                        new SandboxCreateBegun { Root = Root, Id = create.Key.Id, Uuid = registration.Uuid.ToString() },
                        new ContainerCreateBegun { Id = create.Key.Id, Spec = ByteString.CopyFrom(create.SpecBytes.Span) },
                        new ContainerCreated { Id = create.Key.Id },
                    ];
                    PersistAll(events, _ =>
                    {
                        if (--left == 0)
                        {
                            asker.Tell(new Created());
                        }
                    });
                    break;
                case DeleteContainer:
                    Persist(new SandboxDeleted(), _ =>
                    {
                        Context.Parent.Tell(new SandboxReports.SandboxGone(registration.Uuid));
                        asker.Tell(new Deleted());
                        DeleteMessages(long.MaxValue);
                    });
                    break;
                case DeleteMessagesSuccess or DeleteMessagesFailure:
                    Context.Stop(Self);
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }
    }
}
