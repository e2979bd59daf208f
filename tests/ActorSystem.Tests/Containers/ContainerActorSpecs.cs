using Akka.Actor;
using Google.Protobuf;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Containers.ContainerProtocol;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>The actor of a container, with those of its processes below it.</summary>
public sealed class ContainerActorSpecs : ContainerTest
{
    [Fact]
    public async Task Should_attend_the_first_process_and_those_added_processes_that_have_started()
    {
        Start(Exec("e1") with { IsStarted = true }, Exec("e2"));

        Assert.Equal(["e1", "guest-c"], await AwaitedAsync(2));
    }

    [Fact]
    public async Task Should_attend_a_process_once_that_is_added_later()
    {
        var actor = Start();
        await AwaitedAsync(1);

        actor.Tell(new Attend(Exec("e1")));
        actor.Tell(new Attend(Exec("e1")));
        actor.Tell(new Attend(Exec("e2")));

        Assert.Equal(["e1", "e2"], await AwaitedAsync(2));
    }

    [Fact]
    public async Task Should_watch_the_stand_in_of_an_added_process_that_could_not_be_run()
    {
        Start(Exec("e1") with { Exit = new ContainerExit(255, "no such program") });

        StandIn.Dispose();

        var left = await Parent.FishForMessageAsync<StandInExited>(exited => exited.Process == "e1", Deadline.Span);
        Assert.Equal("c", left.Id);
    }

    [Fact]
    public async Task Should_pass_a_command_to_its_process()
    {
        var actor = Start(Exec("e1") with { IsStarted = true });
        await AwaitedAsync(2);

        actor.Tell(new SandboxCommands.KillContainer(Key, 15, All: false) { Process = "e1" }, TestActor);
        Assert.Equal(("e1", 15u), await SignalledAsync());
        actor.Tell(new SandboxCommands.KillContainer(Key, 2, All: false), TestActor);
        Assert.Equal(("guest-c", 2u), await SignalledAsync());
    }

    [Fact]
    public async Task Should_refuse_a_command_to_a_process_that_does_not_exist_or_is_gone()
    {
        var actor = Start(Exec("e1") with { IsStarted = true });
        actor.Tell(new Forget("e1"));

        actor.Tell(new SandboxQueries.ReadOutput(Key, Stderr: false, 0, 1, TimeSpan.Zero) { Process = "e1" }, TestActor);

        Assert.Equal(new Failure(FailureCode.NotFound, "process \"e1\" of container \"c\" does not exist"), await ExpectMsgAsync<Failure>(Deadline.Span));
    }

    [Fact]
    public async Task Should_stop_when_the_actor_of_a_process_fails()
    {
        var actor = Start(Exec("e1") with { IsStarted = true });
        await AwaitedAsync(2);
        Watch(actor);

        Sys.ActorSelection(actor.Path / "exec-e1").Tell(Kill.Instance);

        await ExpectTerminatedAsync(actor, Deadline.Span);
    }

    private ExecRecord Exec(string id) => new(id, StandInIdentity, ByteString.Empty);

    private IActorRef Start(params ExecRecord[] execs)
    {
        var container = new ContainerRecord(Key, Sandboxes.Specs.Make().Spec, "/b", StandInIdentity, 0, default)
        {
            Status = ContainerStatus.Running,
            Execs = System.Collections.Immutable.ImmutableDictionary.CreateRange(execs.Select(exec => KeyValuePair.Create(exec.Id, exec))),
        };
        return Parent.ChildActorOf(ContainerActor.Props(container, "guest-c", Guest), supervisorStrategy: SupervisorStrategy.StoppingStrategy);
    }

    private async Task<string[]> AwaitedAsync(int count)
    {
        List<string> processes = [];
        while (processes.Count < count)
        {
            processes.Add((await RequestedAsync<WaitProcessRequest>()).Request.ExecId);
        }

        return [.. processes.Order(StringComparer.Ordinal)];
    }

    private async Task<(string Process, uint Signal)> SignalledAsync()
    {
        var (request, _) = await RequestedAsync<SignalProcessRequest>();
        return (request.ExecId, request.Signal);
    }
}
