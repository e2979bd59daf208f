using Akka.Event;
using Akka.Hosting;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>A QEMU, or a guest through it, that sends too many events.</summary>
public sealed class HypervisorFloodSpecs : HypervisorActorTest
{
    private const int Flood = 20_000;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHocon("akka.loglevel = DEBUG", HoconAddMode.Prepend);

    [Theory]
    [InlineData("RTC_CHANGE")]
    [InlineData("GUEST_PANICKED")]
    public void Should_log_next_to_nothing_and_answer_when_events_come_in_masses(string name)
    {
        var (_, actor) = Create();
        Launch(actor);
        Pause(actor);
        var logged = CreateTestProbe();
        Sys.EventStream.Subscribe(logged, typeof(Debug));

        for (var i = 0; i < Flood; i++)
        {
            Vmm!.Monitor.Emit(name, """{"offset": 1}""");
        }

        Pause(actor);
        var lines = 0;
        while (logged.HasMessages)
        {
            lines += logged.ExpectMsg<Debug>(Long).ToString().Contains(name, StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.InRange(lines, 0, 1);
    }

    [Fact]
    public void Should_say_in_bounded_printable_words_why_qemu_refused()
    {
        var hostile = @"\u001b]0;owned\u0007\n\u202e" + new string('x', 100_000);
        var (_, actor) = Create(new FakeQmpFaults { Errors = FakeQmpFaults.None.Errors.Add("cont", hostile) });
        Launch(actor);

        actor.Tell(new HypervisorProtocol.Resume(), TestActor);

        var failure = ExpectMsg<HypervisorFailure>(Long).Failure;
        Assert.StartsWith(@"monitor: cont: \u001b]0;owned\u0007\n\u202exxx", failure.Message, StringComparison.Ordinal);
        Assert.InRange(failure.Message.Length, 1000, 1100);
    }
}
