using Akka.Actor;
using Akka.Hosting;
using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Hosting;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Tests.Sandboxes;
using KataActors.TestSupport;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace KataActors.Runtime.Tests.Persistence;

/// <summary>
/// The production journal with a file that becomes usable some time after the start. The sandbox is a real one, whose VM has ended.
/// </summary>
public sealed class LateJournalSpecs : IDisposable
{
    private static readonly SandboxRecord s_record = SandboxRecordSpecs.After(
        SandboxRecordSpecs.Begun(),
        new ContainerCreateBegun { Id = "s", Spec = ByteString.CopyFrom(Specs.Make().Bytes), Bundle = "/b", StandIn = new ProcessRecord { Pid = int.MaxValue, StartTime = 1 } },
        new ContainerCreated { Id = "s" },
        new ContainerExited { Id = "s", ExitCode = 3 },
        new VmStopped { Reason = "it was stopped" });

    private readonly TemporaryDirectory _directory = new();
    private readonly DescriptorTable _descriptors = new(TimeProvider.System);

    private string Journal => _directory.File("state/journal.db");

    private string Persistence => SandboxRegistration.PersistenceIdOf(s_record.Uuid);

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _descriptors.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_write_all_sandboxes_into_a_journal_that_can_be_opened_again()
    {
        _directory.Write("state", "");
        await ReturnAsync(() =>
        {
            File.Delete(_directory.File("state"));
            Directory.CreateDirectory(_directory.File("state"));
        });
    }

    [Fact]
    public async Task Should_write_all_sandboxes_into_the_journal_that_takes_a_damaged_ones_place()
    {
        Directory.CreateDirectory(_directory.File("state"));
        await File.WriteAllTextAsync(Journal, new string('x', 8192), Deadline.Token);
        await ReturnAsync(() => { });
        Assert.Single(Directory.GetFiles(_directory.File("state"), "journal.db.damaged-*"));
    }

    private async Task ReturnAsync(Action repair)
    {
        var problem = Assert.Throws<StartupException>(() => JournalFile.Prepare(Journal)).Message;
        RecordCopy.Write(Directory.CreateDirectory(_directory.File("run/sandboxes/s")).FullName, s_record, 0);
        using (var node = await StartAsync(problem))
        {
            Assert.Equal(SandboxStatus.Stopped, Assert.Single((await ListAsync(node)).Sandboxes).Status);
            repair();
            await Eventually.HoldsAsync(async () => (await ListAsync(node)).JournalProblem.Length == 0);
            await Eventually.HoldsAsync(() => JournalRows.Owners(Journal).Contains(Persistence));
            await node.StopAsync(Deadline.Token);
        }

        Directory.Delete(_directory.File("run"), recursive: true);
        using var next = await StartAsync(null);
        Assert.Single((await ListAsync(next)).Sandboxes);
        var manager = next.Services.GetRequiredService<ActorRegistry>().Get<SandboxManagerActor>();
        var container = Assert.IsType<ContainerSnapshot>(await manager.Ask<object>(new SandboxQueries.GetContainer(s_record.Key), Deadline.Span));
        Assert.Equal((ContainerStatus.Stopped, 3), (container.Status, container.ExitCode));
        await next.StopAsync(Deadline.Token);
    }

    private static async Task<SandboxQueries.SandboxList> ListAsync(IHost node)
    {
        var manager = node.Services.GetRequiredService<ActorRegistry>().Get<SandboxManagerActor>();
        await manager.Ask<SandboxQueries.Ready>(new SandboxQueries.GetReady(), Deadline.Span);
        return await manager.Ask<SandboxQueries.SandboxList>(new SandboxQueries.ListSandboxes(), Deadline.Span);
    }

    private async Task<IHost> StartAsync(string? problem)
    {
        var span = Deadline.Span;
        var settings = new SandboxSettings(
            _directory.File("run"), new VmDefaults("/q", "q35", "tcg", "/k", "/i", "", "", 1, 1, 256, false), new SandboxDeadlines(span, span, span, span, span, span, span, span));
        var services = new SandboxServices(
            settings, _descriptors, ActorRefs.Nobody, new SandboxChildren(() => Props.Empty, (_, _) => Props.Empty, _ => Props.Empty, () => Props.Empty));
        var configuration = DaemonConfiguration.Load(Repository.ReferenceConfiguration, null);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddAkka("node", akka => akka
            .AddHocon(configuration.Merged, HoconAddMode.Prepend)
            .AddJournalEvents()
            .AddSqliteJournal(Journal)
            .WithActors((system, registry) => registry.Register<SandboxManagerActor>(system.ActorOf(SandboxManagerActor.Props(
                (registration, life) => SandboxActor.Props(registration, life, services),
                _descriptors,
                40,
                system.ActorOf(JournalKeeperActor.Props(Journal)),
                settings.SandboxesDirectory,
                problem,
                TimeSpan.FromSeconds(10))))));
        var host = builder.Build();
        await host.StartAsync(Deadline.Token);
        return host;
    }
}
