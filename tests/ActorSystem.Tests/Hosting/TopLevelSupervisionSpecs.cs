using Akka.Actor;
using Akka.Hosting;
using KataActors.Runtime.Configuration;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

public sealed class TopLevelSupervisionSpecs : Akka.Hosting.TestKit.TestKit
{
    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHocon(DaemonConfiguration.Load(Repository.ReferenceConfiguration, null).Merged, HoconAddMode.Prepend);

    [Fact]
    public async Task Should_stop_an_actor_that_goes_on_failing_and_restart_it_until_then()
    {
        var lives = 0;
        var actor = Start(() => Interlocked.Increment(ref lives));
        await WatchAsync(actor);

        for (var failure = 0; failure < 6; failure++)
        {
            actor.Tell("fail");
        }

        await ExpectTerminatedAsync(actor, Deadline.Span);
        Assert.Equal(6, lives);
    }

    [Fact]
    public async Task Should_stop_an_actor_that_cannot_start()
    {
        var actor = Start(() => throw new InvalidOperationException("it cannot start"));

        await WatchAsync(actor);

        await ExpectTerminatedAsync(actor, Deadline.Span);
    }

    private IActorRef Start(Action started) => Sys.ActorOf(Props.Create(() => new Failing(started)));

    private sealed class Failing : UntypedActor
    {
        public Failing(Action started) => started();

        protected override void OnReceive(object message) => throw new InvalidOperationException($"{message}");
    }
}
