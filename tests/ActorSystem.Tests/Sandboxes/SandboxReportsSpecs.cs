using System.Collections.Concurrent;
using Akka.Actor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using Xunit;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The reports of a SandboxActor to the manager.</summary>
public sealed class SandboxReportsSpecs : SandboxTest
{
    private readonly ConcurrentQueue<object> _reports = new();

    private protected override Props SandboxProps(Props sandbox) => Props.Create(() => new Tap(sandbox, _reports));

    [Fact]
    public async Task Should_report_only_the_container_that_has_changed()
    {
        await CreateAsync();
        foreach (var id in new[] { "c1", "c2", "c3", "c4", "c5" })
        {
            SendCreate(new ContainerKey(Key.Root, id), Specs.Joining(Key.Id, -1, 100_000));
            await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        }

        await SettleAsync();
        _reports.Clear();

        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        await AnswerAgentAsync<StartContainerRequest>();
        await Caller.ExpectMsgAsync<SandboxCommands.Started>();
        await SettleAsync();

        Assert.Equal((Key, ContainerStatus.Running), Assert.Single(_reports.OfType<ContainerChanged>().Select(changed => (changed.Container.Key, changed.Container.Status))));
        Assert.Equal((SandboxStatus.Running, 6), Assert.Single(_reports.OfType<SandboxChanged>().Select(changed => (changed.Sandbox.Status, changed.Sandbox.ContainerCount))));
    }

    /// <summary>Stands between the manager and a sandbox, and notes the sandbox's reports.</summary>
    private sealed class Tap : UntypedActor
    {
        private readonly ConcurrentQueue<object> _reports;
        private readonly IActorRef _sandbox;

        public Tap(Props sandbox, ConcurrentQueue<object> reports)
        {
            _reports = reports;
            _sandbox = Context.Watch(Context.ActorOf(sandbox));
        }

        protected override void OnReceive(object message)
        {
            if (message is Terminated)
            {
                Context.Stop(Self);
            }
            else if (Sender.Equals(_sandbox))
            {
                _reports.Enqueue(message);
                Context.Parent.Forward(message);
            }
            else
            {
                _sandbox.Forward(message);
            }
        }
    }
}
