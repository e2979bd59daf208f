using System.Text.Json.Nodes;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Model.Journal;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A sandbox with running containers, the first named one being its own, and its decisions, one after the other.</summary>
internal sealed class Decider
{
    public static readonly Guid Uuid = Guid.Parse("11111111-2222-3333-4444-555555555555");

    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    public static readonly SandboxSettings Settings = new(
        "/run/x",
        new VmDefaults("qemu", "q35", "tcg", "vmlinuz", "initramfs", "", "max", Vcpus: 1, MaxVcpus: 4, MemoryMib: 64, DebugConsole: false),
        new SandboxDeadlines(s_second, s_second, s_second, s_second, s_second, Queue: 3 * s_second, CloneBoot: s_second / 2, Kill: s_second));

    private readonly string[] _ids;
    private int _requests;

    public Decider(params string[] ids)
        : this(ids, new Outside { AgentConnected = true, HoldsVm = true, VmUuids = [Uuid], Attended = [.. ids] })
    {
        Record(new SandboxCreateBegun { Root = "/r", Id = ids[0], HostName = "s", Uuid = Uuid.ToString(), BootId = "boot", Vcpus = 1 });
        Record(new VmLaunched { Vmm = new ProcessRecord { Pid = 7, StartTime = 70 }, Source = "cold", Accelerator = "tcg" });
        foreach (var id in ids)
        {
            BeginCreation(id);
            Record(new ContainerCreated { Id = id });
            Record(new ContainerStarted { Id = id });
        }
    }

    private Decider(string[] ids, Outside outside) => (_ids, Outside) = (ids, outside);

    public SandboxState State { get; private set; } = SandboxState.Empty;

    public Outside Outside { get; set; }

    /// <summary>A sandbox before the creation of its first container.</summary>
    public static Decider New(string id) => new([id], new Outside { VmUuids = [Uuid] });

    public static SandboxRegistration RegistrationOf(string id) => new(new ContainerKey("/r", id), "s", Uuid);

    /// <summary>Records an event of other parts of the sandbox.</summary>
    public void Record(IMessage e) => State = State with { Record = State.Record.Apply(e) };

    public Decision On(Input input)
    {
        var step = Sandbox.On(State, input, new SandboxContext(RegistrationOf(_ids[0]), Settings, DateTimeOffset.UnixEpoch, Outside));
        State = step.State;
        return new Decision(step, State);
    }

    /// <summary>Creates a container, for the requester 1.</summary>
    public Decision Create(string id, Action<JsonObject>? change = null)
    {
        var (spec, bytes) = Specs.Make(change);
        Assert.True(ContainerPlacement.TryResolve(spec, ContainerId.Parse(id), out var placement, out _));
        var command = new SandboxCommands.CreateContainer(new ContainerKey("/r", id), spec, placement!, bytes, "/b", new ProcessIdentity(9, 90, "boot"), default, 0);
        return On(new Create(command, HasDescriptors: true, new WaitingRequester(new RequesterId(1), new SandboxCommands.Created())));
    }

    public void BeginCreation(string id) => Record(new ContainerCreateBegun
    {
        Id = id,
        Spec = ByteString.CopyFrom(Specs.Make().Bytes),
        Bundle = "/b",
        StandIn = new ProcessRecord { Pid = 8, StartTime = 80 },
    });

    /// <summary>Removes the sandbox, or the last of its containers.</summary>
    public Decision Remove(bool whole) => Remove(whole ? _ids[0] : _ids[^1], whole);

    public Decision Remove(string id, bool whole = false) =>
        On(new Remove(id, whole, "", new WaitingRequester(new RequesterId(--_requests), new SandboxCommands.Deleted())));

    public Decision Exit(string id)
    {
        Record(new ContainerExited { Id = id, ExitCode = 137 });
        return On(new Changed());
    }

    public Decision StandInsGone(params string[] ids)
    {
        Outside = Outside with { StandInsGone = Outside.StandInsGone.Union(ids) };
        return On(new Changed());
    }

    /// <summary>The reply to the effect of this name.</summary>
    public Decision Reply(Decision asked, string effect, object reply) => On(new Done(asked.IdOf(effect), reply));

    /// <summary>The deadline of the effect of this name passes.</summary>
    public Decision Pass(Decision asked, string effect) => On(new Overdue(asked.IdOf(effect)));

    /// <summary>Removes the sandbox until its VM is stopped; each earlier stage takes time.</summary>
    public Decision UntilStop(Decision? begun = null)
    {
        var stage = begun ?? Remove(whole: true);
        while (!stage.EffectNames.Any(name => name is "Stop" or "EndVms"))
        {
            stage = Pass(stage, "Pause");
        }

        return stage;
    }

    /// <summary>Continues the removal of the last container until its mounts are detached.</summary>
    public Decision UntilDetach()
    {
        var id = _ids[^1];
        Exit(id);
        var farewell = StandInsGone(id);
        Reply(farewell, $"EndStandIn {id}", new ContainerProtocol.StandInKilled(id, null));
        return Reply(farewell, "Invoke RemoveContainerRequest", new AgentProtocol.Invoked(null, new Google.Protobuf.WellKnownTypes.Empty()));
    }
}

/// <summary>A decision, with names for its parts.</summary>
internal sealed record Decision(Step Step, SandboxState After)
{
    public IEnumerable<object> Replies => Step.Replies.Select(reply => reply.Reply);

    public IEnumerable<IMessage> Events => Step.Events;

    public IEnumerable<Type> EventTypes => Step.Events.Select(e => e.GetType());

    /// <summary>The effects without those of the rounds of limits, which follow many events.</summary>
    public IEnumerable<Effect> Effects => Step.Effects.Where(effect => !IsOfRound(effect));

    /// <summary>The kinds of the effects, or of their commands.</summary>
    public IEnumerable<string> EffectNames => Effects.Select(NameOf);

    /// <summary>The same for the rounds of limits alone.</summary>
    public IEnumerable<string> RoundNames => Step.Effects.Where(IsOfRound).Select(NameOf);

    public EffectId IdOf(string name) =>
        Assert.IsType<AwaitedEffect>((Effects.Any(effect => NameOf(effect) == name) ? Effects : Step.Effects).Single(effect => NameOf(effect) == name), exactMatch: false).Id;

    private bool IsOfRound(Effect effect) =>
        effect is AwaitedEffect { Id.Operation.Number: var number } && After.Operations.GetValueOrDefault(number) is ApplyLimits or RetryLimits;

    private static string NameOf(Effect effect) => effect switch
    {
        AwaitedEffect.Ask { Command: AgentProtocol.Invoke invoke } => $"Invoke {invoke.Request.GetType().Name}",
        Effect.TellFactory tell => tell.Message.GetType().Name,
        AwaitedEffect.Ask ask => ask.Command.GetType().Name,
        AwaitedEffect.AskNetwork ask => ask.Command.GetType().Name,
        AwaitedEffect.AskContainer ask => $"{ask.Command.GetType().Name} {ask.Container}",
        _ => effect.GetType().Name,
    };
}
