using Akka.Actor;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>The errors of a failed save or restore of a template: they name the file and the cause.</summary>
public sealed class TemplateSavingSpecs : HypervisorActorTest
{
    private string State => Path.Combine(VmSpec.RunDirectory, "state");

    [Fact]
    public async Task Should_name_the_file_and_the_cause_when_the_monitor_is_lost_while_the_state_is_written()
    {
        var actor = BeginToSave();
        await MigratingAsync("migrate");

        Vmm!.Monitor.CloseClient();

        var failure = ExpectMsg<HypervisorFailure>(Long);
        Assert.IsType<HypervisorProtocol.SaveTemplate>(failure.Command);
        Assert.Equal(
            (FailureCode.Unavailable, $"writing the vm's state to \"{State}\": the monitor was lost: read: the connection ended"),
            (failure.Failure.Code, failure.Failure.Message));
        Sys.Stop(actor);
    }

    [Fact]
    public async Task Should_say_in_qemus_words_why_the_state_could_not_be_written()
    {
        BeginToSave(new FakeQmpFaults
        {
            RawReplies = FakeQmpFaults.None.RawReplies.Add("query-migrate", """{"return": {"status": "failed", "error-desc": "No space left on device"}, "id": $id}"""),
        });
        await MigratingAsync("migrate");

        Vmm!.Monitor.Emit("MIGRATION", """{"status": "failed"}""");

        Assert.Equal($"writing the vm's state to \"{State}\": No space left on device", ExpectMsg<HypervisorFailure>(Long).Failure.Message);
    }

    [Fact]
    public async Task Should_not_wait_for_ever_for_the_state_to_be_written()
    {
        BeginToSave(settings: Patient with { MigrationTimeout = TimeSpan.FromMilliseconds(50) });
        await MigratingAsync("migrate");

        var failure = ExpectMsg<HypervisorFailure>(Long);
        Assert.Equal((FailureCode.DeadlineExceeded, $"writing the vm's state to \"{State}\": not done within 0.05 s"), (failure.Failure.Code, failure.Failure.Message));
    }

    [Fact]
    public async Task Should_name_the_file_when_a_clone_cannot_read_it()
    {
        VmSpec = VmSpec with { Template = new VmTemplate(VmSpec.RunDirectory, TemplateUse.Clone) };
        File.WriteAllText(State, "state");
        var (parent, actor) = Create();
        Launch(actor);
        await MigratingAsync("migrate-incoming");

        Vmm!.Monitor.Emit("MIGRATION", """{"status": "failed"}""");

        Assert.Equal(
            $"reading the vm's state from \"{State}\": failed, and qemu gives no reason",
            (await parent.ExpectMsgAsync<HypervisorProtocol.RestoreFailed>(Long)).Reason);
    }

    private IActorRef BeginToSave(FakeQmpFaults? faults = null, HypervisorSettings? settings = null)
    {
        VmSpec = VmSpec with { Template = new VmTemplate(VmSpec.RunDirectory, TemplateUse.Make) };
        var (_, actor) = Create(faults, settings);
        Launch(actor);
        actor.Tell(new HypervisorProtocol.SaveTemplate(), TestActor);
        return actor;
    }

    private async Task MigratingAsync(string command)
    {
        while (await Vmm!.Monitor.NextCommandAsync() != command)
        {
        }
    }
}
