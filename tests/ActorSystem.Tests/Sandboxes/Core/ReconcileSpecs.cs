using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The return of a sandbox after a crash, as the core decides on it.</summary>
public sealed class ReconcileSpecs
{
    private readonly Decider _core = new("s", "c");

    // The actors of the containers are made by the same decision.
    [Fact]
    public void Should_end_the_process_of_a_container_whose_removal_was_interrupted()
    {
        _core.Record(new ContainerDeleteBegun { Id = "c" });
        _core.Outside = new Outside { BootId = "boot", VmUuids = [Decider.Uuid] };
        _core.On(new Recovered());
        _core.Outside = _core.Outside with { AgentConnected = true, HoldsVm = true };

        var end = _core.On(new AgentReturned());

        Assert.Equal(["AttendContainers", "Pause", "KillContainer c", "TakeCommands"], end.EffectNames);
    }
}
