using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>Actors of the processes of the container "c", with a real process as its stand-in; their parent and the agent's actor are probes.</summary>
public abstract class ContainerTest : Akka.Hosting.TestKit.TestKit
{
    private protected ContainerTest() => StandInIdentity = ProcessIdentity.TryRead(StandIn.Pid)!.Value;

    private protected static ContainerKey Key { get; } = new("/r", "c");

    private protected ChildScript StandIn { get; } = ChildScript.Start("exec sleep 1000");

    private protected ProcessIdentity StandInIdentity { get; }

    private protected TestProbe Agent { get; private set; } = null!;

    private protected TestProbe Parent { get; private set; } = null!;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend);

    protected override async Task BeforeTestStart()
    {
        await base.BeforeTestStart();
        (Agent, Parent) = (CreateTestProbe(), CreateTestProbe());
    }

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        StandIn.Dispose();
    }

    /// <summary>The next request to the agent, and the token that its answer has.</summary>
    private protected async Task<(T Request, object? Token)> RequestedAsync<T>()
        where T : IMessage
    {
        var invoke = await Agent.ExpectMsgAsync<AgentProtocol.Invoke>(Deadline.Span);
        return (Assert.IsType<T>(invoke.Request), invoke.Token);
    }

    private protected GuestAccess Guest => new(Agent, Deadline.Span, Deadline.Span);

    /// <summary>Starts the actor of the container's first process.</summary>
    private protected IActorRef Start(ContainerStatus status, ProcessIdentity? standIn = null, TimeSpan? killDeadline = null) =>
        Start("", status == ContainerStatus.Stopped, standIn, Guest with { KillDeadline = killDeadline ?? Deadline.Span });

    /// <summary>Starts the actor of a process.</summary>
    private protected IActorRef Start(string process, bool hasEnded = false, ProcessIdentity? standIn = null, GuestAccess? guest = null) => Parent.ChildActorOf(
        ProcessActor.Props(new ProcessPlace("c", "guest-c", process), standIn ?? StandInIdentity, hasEnded, guest ?? Guest),
        supervisorStrategy: SupervisorStrategy.StoppingStrategy);
}
