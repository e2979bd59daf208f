using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Tests.Factory.Core;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>The template's actor, with the actor of a VM that is never started.</summary>
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
            new SandboxChildren(() => Props.Create(() => new PlayedVmm(null)), (_, _) => Props.Empty, _ => Props.Empty, () => Props.Empty),
            Deadline.Span));
        await UntilAsync(parent, TemplateState.Absent);

        for (var attempt = 0; attempt < 2; attempt++)
        {
            actor.Tell(new TemplateProtocol.Make());

            Assert.Contains("; and what is left of it cannot be removed: its record is left: ", (await UntilAsync(parent, TemplateState.Failed)).Problem, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Folder.File("template")));
        }
    }

    [Fact]
    public async Task Should_take_messages_while_it_completes_a_template()
    {
        await ChildScript.RunAsync($"printf '#!/bin/sh\\necho version 1\\n: > {Folder.File("asked")}\\n' > {Folder.File("qemu")}; chmod 755 {Folder.File("qemu")}");
        File.WriteAllText(Folder.File("guest"), "");
        using var completing = new ManualResetEventSlim();
        using var mayComplete = new ManualResetEventSlim();
        var launched = new TaskCompletionSource<VmConfig>();
        var configs = 0;
        var parent = CreateTestProbe();
        var actor = parent.ChildActorOf(TemplateActor.Props(
            new TemplateFiles(Folder.File("template")),
            new FactoryDirectory(Folder.File("factory"), Folder.File("qemu")),
            identity =>
            {
                // The check and the making have asked before.
                if (Interlocked.Increment(ref configs) > 2)
                {
                    completing.Set();
                    mayComplete.Wait(Deadline.Span);
                }

                return FactoryDecider.Config(identity.Uuid) with
                {
                    RunDirectory = identity.RunDirectory, MemoryMib = 32, QemuPath = Folder.File("qemu"), KernelPath = Folder.File("guest"), InitramfsPath = Folder.File("guest"),
                };
            },
            new SandboxChildren(() => Props.Create(() => new PlayedVmm(launched)), (_, _) => Props.Empty, _ => Props.Empty, () => Props.Empty),
            Deadline.Span));
        await UntilAsync(parent, TemplateState.Absent);
        actor.Tell(new TemplateProtocol.Make());
        var config = await launched.Task.WaitAsync(Deadline.Token);
        File.WriteAllBytes(config.Template!.MemoryFile, new byte[4096]);
        File.WriteAllText(config.Template.StateFile, "");
        // The facts of the manifest, which are read meanwhile, must not be what the completion waits for.
        await AwaitConditionAsync(() => Task.FromResult(File.Exists(Folder.File("asked"))), Deadline.Span);
        await Task.Delay(TimeSpan.FromMilliseconds(300), Deadline.Token);
        var unhandled = CreateTestProbe();
        Sys.EventStream.Subscribe(unhandled, typeof(UnhandledMessage));

        actor.Tell(new FactoryVmProtocol.Saved(config.Uuid));
        Assert.True(completing.Wait(Deadline.Span));
        actor.Tell("message");

        Assert.Equal("message", (await unhandled.ExpectMsgAsync<UnhandledMessage>(Deadline.Span)).Message);
        mayComplete.Set();
        await UntilAsync(parent, TemplateState.Ready);
    }

    private static async Task<TemplateView> UntilAsync(TestProbe parent, TemplateState state) =>
        (TemplateView)await parent.FishForMessageAsync(message => message is TemplateView view && view.State == state, Deadline.Span);

    private sealed class PlayedVmm : ReceiveActor
    {
        public PlayedVmm(TaskCompletionSource<VmConfig>? launched)
        {
            Receive<HypervisorProtocol.Launch>(launch => launched?.SetResult(launch.Config));
            Receive<HypervisorProtocol.Stop>(_ => Sender.Tell(new HypervisorProtocol.Stopped()));
        }
    }
}
