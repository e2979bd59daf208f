using Akka.Actor;
using Akka.TestKit;
using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Tests.Factory.Core;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>The template's actor when a template cannot be made: the run directory of its VM would be below a file.</summary>
public sealed class TemplateActorSpecs : FactoryTest
{
    [Fact]
    public async Task Should_undo_what_it_can_tell_of_the_rest_and_be_ready_for_the_next_attempt()
    {
        File.WriteAllText(Folder.File("file"), "");
        var parent = CreateTestProbe();
        var actor = parent.ChildActorOf(TemplateActor.Props(
            new TemplateFiles(Folder.File("template")),
            new FactoryDirectory(Path.Combine(Folder.File("file"), "factory"), "/q"),
            identity => FactoryDecider.Config(identity.Uuid) with { RunDirectory = identity.RunDirectory, MemoryMib = 1 },
            new SandboxChildren(() => Props.Create(() => new PlayedVmm()), (_, _) => Props.Empty, _ => Props.Empty, () => Props.Empty),
            Deadline.Span));
        await UntilAsync(parent, TemplateState.Absent);

        for (var attempt = 0; attempt < 2; attempt++)
        {
            actor.Tell(new TemplateProtocol.Make());

            Assert.Contains("; and what is left of it cannot be removed: its record is left: ", (await UntilAsync(parent, TemplateState.Failed)).Problem, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Folder.File("template")));
        }
    }

    private static async Task<TemplateView> UntilAsync(TestProbe parent, TemplateState state) =>
        (TemplateView)await parent.FishForMessageAsync(message => message is TemplateView view && view.State == state, Deadline.Span);

    private sealed class PlayedVmm : ReceiveActor
    {
        public PlayedVmm() => Receive<HypervisorProtocol.Stop>(_ => Sender.Tell(new HypervisorProtocol.Stopped()));
    }
}
