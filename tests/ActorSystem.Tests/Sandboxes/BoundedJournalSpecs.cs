using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.Persistence;
using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Model.Journal;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The journal of a sandbox that lives long.</summary>
public sealed class BoundedJournalSpecs : SandboxTest
{
    private const int Updates = 600;

    [Fact]
    public async Task Should_not_grow_with_the_age_of_the_sandbox_and_keep_its_record()
    {
        await CreateAsync();
        for (var i = 1; i <= Updates; i++)
        {
            await UpdateAsync(i);
        }

        var before = await StateAsync();
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        var request = await Factory.FishForMessageAsync<FactoryProtocol.DescribeVm>(_ => true);
        await AdoptAsync(request);
        await SettleAsync();
        var after = await StateAsync();
        await Manager.GracefulStop(Deadline.Span);
        var events = await EventsAsync(SandboxRegistration.PersistenceIdOf(request.Identity.Uuid));

        Assert.Equal(before.ToString(), after.ToString());
        Assert.InRange(events.Count, 4, Updates);
        Assert.IsType<SandboxCreateBegun>(events[0]);
        Assert.Equal(Updates, SandboxRecordSpecs.After([.. events]).Containers[Key.Id].Spec.Linux!.Resources!.Pids!.Limit);
    }

    [Theory]
    [InlineData(4, 1000, 1)]
    [InlineData(600, 1000, 1)]
    [InlineData(600, 2000, 3)]
    [InlineData(0, 2000, 0)]
    public async Task Should_state_the_whole_when_as_much_has_been_written_again_unless_nothing_is_left(int whole, int events, int statements)
    {
        var id = Guid.NewGuid().ToString();
        var journal = Sys.ActorOf(Props.Create(() => new Whole(id, whole, TestActor)));
        for (var i = 0; i < events; i++)
        {
            journal.Tell(new ContainerResumed { Id = "next" });
        }

        journal.Tell(new Ask());
        Assert.Equal(statements, (await ExpectMsgAsync<Told>(Deadline.Span)).Statements);
        await journal.GracefulStop(Deadline.Span);
        Assert.Equal(statements > 0, (await EventsAsync(id)) is [ContainerResumed { Id: "whole" }, ..]);
    }

    private async Task<IReadOnlyList<IMessage>> EventsAsync(string persistenceId)
    {
        var reader = Sys.ActorOf(Props.Create(() => new Reader(persistenceId, TestActor)));
        var events = await ExpectMsgAsync<IReadOnlyList<IMessage>>(Deadline.Span);
        await reader.GracefulStop(Deadline.Span);
        return events;
    }

    private async Task UpdateAsync(int limit)
    {
        Assert.True(ResourcesUpdate.TryParse(Encoding.UTF8.GetBytes($$"""{"pids": {"limit": {{limit}} } }"""), out var change, out _));
        Manager.Tell(new SandboxCommands.UpdateContainer(Key, change), Caller);
        await AnswerAgentAsync<UpdateContainerRequest>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [5, 6]));
        await Caller.ExpectMsgAsync<SandboxCommands.Updated>(Deadline.Span);
    }

    private sealed record Ask;

    private sealed record Told(int Statements);

    private sealed class Whole(string persistenceId, int length, IActorRef observer) : BoundedJournal
    {
        private int _statements;

        public override string PersistenceId => persistenceId;

        protected override void OnReplay(object message)
        {
        }

        protected override void OnCommand(object message)
        {
            switch (message)
            {
                case IMessage e:
                    Append([e], _ => Shorten());
                    break;
                case Ask:
                    observer.Tell(new Told(_statements));
                    break;
            }
        }

        protected override ImmutableArray<IMessage> Restate()
        {
            _statements += length > 0 ? 1 : 0;
            return [.. Enumerable.Range(0, length).Select(_ => new ContainerResumed { Id = "whole" })];
        }
    }

    private sealed class Reader(string persistenceId, IActorRef to) : UntypedPersistentActor
    {
        private readonly List<IMessage> _events = [];

        public override string PersistenceId => persistenceId;

        protected override void OnRecover(object message)
        {
            switch (message)
            {
                case IMessage e:
                    _events.Add(e);
                    break;
                case RecoveryCompleted:
                    to.Tell(_events);
                    break;
            }
        }

        protected override void OnCommand(object message) => Unhandled(message);
    }
}
