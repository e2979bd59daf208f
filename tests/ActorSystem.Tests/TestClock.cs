using Akka.Hosting;

namespace KataActors.Runtime.Tests;

/// <summary>The clock of an actor system that only its test moves on: a <see cref="Akka.TestKit.TestScheduler"/>.</summary>
internal static class TestClock
{
    public static AkkaConfigurationBuilder AddTestClock(this AkkaConfigurationBuilder builder) =>
        builder.AddHocon("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"", HoconAddMode.Prepend);
}
