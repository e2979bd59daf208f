using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using KataActors.Runtime.Storage;
using KataActors.Runtime.Tests.Factory.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The creation of a sandbox, and the ways to the stages of its <see cref="ObtainVm"/>, as decided by the core.</summary>
public abstract class ObtainVmTest
{
    private protected const string PoolDirectory = "/run/factory/x";

    private protected static readonly Guid Pooled = Guid.Parse("99999999-8888-7777-6666-555555555555");
    private protected static readonly ProcessIdentity Vmm = new(9, 90, "");

    private protected ObtainVmTest() => Begun = Core.Create("s");

    /// <summary>The stages in which the operation waits.</summary>
    public enum Stage
    {
        Preparing,
        Asking,
        Launching,
        TakingOver,
        Placing,
        Adopting,
        Booting,
        Ending,
        AskingAgain,
    }

    private protected Decider Core { get; } = Decider.New("s");

    /// <summary>The decision about the creation.</summary>
    private protected Decision Begun { get; }

    private protected bool IsObtaining => Core.State.Operations.Values.Any(operation => operation is ObtainVm);

    private protected Decision Prepare() => Core.Reply(Begun, "Prepare", new StorageProtocol.Prepared());

    /// <summary>The factory grants a VM of this source.</summary>
    private protected Decision Grant(string source)
    {
        var isPooled = source == VmSources.Pool;
        var uuid = isPooled ? Pooled : Decider.Uuid;
        Core.Outside = Core.Outside with { VmUuids = isPooled ? [Decider.Uuid, Pooled] : Core.Outside.VmUuids };
        var config = FactoryDecider.Config(uuid) with { VcpuCount = 2 };
        var granted = Core.On(new VmOffered(new FactoryProtocol.VmGranted(source, config, isPooled ? new RunningVm(Vmm, PoolDirectory) : null)));
        SeeHypervisor(granted);
        return granted;
    }

    /// <summary>The reply to the effect of this name.</summary>
    private protected Decision Reply(Decision asked, string effect, object reply)
    {
        var next = Core.Reply(asked, effect, reply);
        SeeHypervisor(next);
        return next;
    }

    private protected Decision AnswerByAgent()
    {
        Core.Outside = Core.Outside with { AgentConnected = true };
        return Core.On(new AgentReturned());
    }

    /// <summary>The decision with the effect that the stage waits for.</summary>
    private protected Decision Until(Stage stage, string source = VmSources.Cold)
    {
        switch (stage)
        {
            case Stage.Preparing:
                return Begun;
            case Stage.Asking:
                return Prepare();
            case Stage.Launching or Stage.TakingOver:
                Prepare();
                return Grant(source);
            case Stage.Placing:
                return Reply(Until(Stage.TakingOver, source), "TakeOver", new StorageProtocol.TakenOver());
            case Stage.Adopting:
                return Reply(Until(Stage.Placing, source), "Apply", new CgroupProtocol.Applied(["/cg"], null, []));
            case Stage.Booting when source == VmSources.Pool:
                return Reply(Until(Stage.Adopting, source), "Adopt", new HypervisorProtocol.Adopted(Vmm, "paused"));
            case Stage.Booting:
                return Reply(Until(Stage.Launching, source), "Launch", new HypervisorProtocol.Launched(Vmm));
            case Stage.Ending:
                Until(Stage.Booting, source);
                return Core.On(new VmUseless("it crashed"));
            default:
                return Reply(Until(Stage.Ending, source), "Stop", new HypervisorProtocol.Stopped());
        }
    }

    /// <summary>Continues the removal that follows from a failure to its end.</summary>
    private protected Decision RemoveAll(Decision begun)
    {
        var groups = begun.EffectNames.Contains("Stop") ? Reply(begun, "Stop", new HypervisorProtocol.Stopped()) : Reply(begun, "EndVms", new VmsEnded());
        return Reply(Reply(groups, "Destroy", new CgroupProtocol.Destroyed()), "Release", new StorageProtocol.Released());
    }

    private protected void MustChangeNothing(Input input)
    {
        var before = Core.State;
        var decision = Core.On(input);
        Assert.Empty(decision.Step.Effects);
        Assert.Empty(decision.Step.Remarks);
        Assert.Equal(before, Core.State);
    }

    /// <summary>The names of the effects without the times of the creation.</summary>
    private protected static IEnumerable<string> Work(Decision decision) => decision.EffectNames.Where(name => name is not ("StepBegan" or "StepEnded" or "Pause"));

    private protected static T Told<T>(Decision decision) => decision.Effects.OfType<Effect.TellFactory>().Select(tell => tell.Message).OfType<T>().Single();

    private protected static T Asked<T>(Decision decision) => decision.Effects.OfType<AwaitedEffect.Ask>().Select(ask => ask.Command).OfType<T>().Single();

    private protected static VmLease? GivenBack(Decision decision) => decision.Effects.OfType<Effect.GiveBackVm>().Single().Vm;

    // As the shell: the hypervisor's actor is made by the first command to it.
    private void SeeHypervisor(Decision decision)
    {
        foreach (var effect in decision.Effects)
        {
            Core.Outside = effect switch
            {
                AwaitedEffect.Launch or AwaitedEffect.Ask { Resource: ResourceKind.Hypervisor } => Core.Outside with { HoldsVm = true },
                Effect.Dismiss { Resource: ResourceKind.Hypervisor } => Core.Outside with { HoldsVm = false },
                _ => Core.Outside,
            };
        }
    }
}
