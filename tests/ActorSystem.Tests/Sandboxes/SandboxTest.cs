using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>A real SandboxManagerActor with real SandboxActors; their children, and the factory, are probes.</summary>
public abstract partial class SandboxTest : Akka.Hosting.TestKit.TestKit
{
    private protected static readonly ProcessIdentity Vmm = new(int.MaxValue - 1, 1);
    private protected static readonly ContainerKey Key = new("/r", "s");
    private protected static readonly ByteString RequestId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
    private static readonly SandboxCommands.KillContainer s_question = new(Key with { Id = "nobody" }, 0, All: false);
    private readonly DescriptorTable _descriptors = new(TimeProvider.System);
    private readonly ConcurrentDictionary<(IActorRef Parent, IActorRef Probe), IActorRef> _relays = new();

    /// <summary>The stand-in process of the container; a removal may kill it.</summary>
    private protected ChildScript StandIn { get; } = ChildScript.Start("exec sleep 1000");

    /// <summary>The clock of the sandboxes' windows and deadlines.</summary>
    private protected virtual TimeProvider Clock => TimeProvider.System;

    private protected SandboxSettings Settings { get; private set; } = null!;

    private protected TestProbe Hypervisor { get; private set; } = null!;

    private protected TestProbe Cgroup { get; private set; } = null!;

    private protected TestProbe Storage { get; private set; } = null!;

    private protected TestProbe Agent { get; private set; } = null!;

    private protected TestProbe Factory { get; private set; } = null!;

    private protected IActorRef Manager { get; private set; } = null!;

    private protected TestProbe Caller { get; private set; } = null!;

    /// <summary>The pending call of the first container's actor: it waits for the end of the process.</summary>
    private protected (AgentProtocol.Invoke Call, IActorRef Container)? Waiting { get; private set; }

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) => builder
        .AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend)
        .AddJournalEvents();

    protected override async Task BeforeTestStart()
    {
        await base.BeforeTestStart();
        (Hypervisor, Cgroup, Storage, Agent, Factory, Caller) =
            (CreateTestProbe(), CreateTestProbe(), CreateTestProbe(), CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        Manager = StartManager();
    }

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        StandIn.Dispose();
        _descriptors.Dispose();
    }

    /// <summary>The greatest number of vCPUs of a sandbox; it boots with two.</summary>
    private protected virtual uint MaxVcpus => 4;

    /// <summary>The parent of <c>sandboxes</c>, with the run directories.</summary>
    private protected virtual string RunDirectory => "/run/none";

    /// <summary>From the replay of the journal to the outcome of the reconciliation.</summary>
    private protected virtual TimeSpan Reconcile => Deadline.Span;

    /// <summary>From a SIGKILL to the report of the exit.</summary>
    private protected virtual TimeSpan KillDeadline => Deadline.Span;

    /// <summary>The actor that checks the journal for the manager.</summary>
    private protected virtual IActorRef JournalKeeper => ActorRefs.Nobody;

    /// <summary>How long a manager waits for its register.</summary>
    private protected TimeSpan JournalDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Why the journal cannot be used when the manager starts; null when it can.</summary>
    private protected string? JournalProblem { get; set; }

    /// <summary>The props of an actor that the manager starts for a sandbox.</summary>
    private protected virtual Props SandboxProps(Props sandbox) => sandbox;

    /// <summary>The placement of each CgroupActor, by its name.</summary>
    private protected ConcurrentDictionary<string, CgroupPlacement> Groups { get; } = new();

    /// <summary>The last messages of the hypervisor and agent actors to their parent.</summary>
    private protected (object? Hypervisor, object? Agent) LastWords { get; set; }

    /// <summary>A manager on the journal of this test; a second one replays the events of the first.</summary>
    private protected IActorRef StartManager()
    {
        var span = Deadline.Span;
        Settings = new SandboxSettings(RunDirectory, new VmDefaults(PlayedVmm.Program, "q35", "tcg", "/k", "/i", "", "", 2, MaxVcpus, 256, false), new SandboxDeadlines(span, span, span, span, Reconcile, span, span, KillDeadline));
        var children = new SandboxChildren(
            () => RelayTo(Hypervisor, () => LastWords.Hypervisor), Group, _ => RelayTo(Storage), () => RelayTo(Agent, () => LastWords.Agent));
        var services = new SandboxServices(Settings, _descriptors, Factory, children) { Clock = Clock };
        return Sys.ActorOf(SandboxManagerActor.Props((registration, life) => SandboxProps(SandboxActor.Props(registration, life, services)), _descriptors, 40, JournalKeeper, Settings.SandboxesDirectory, JournalProblem, JournalDeadline));

        Props Group(string name, CgroupPlacement placement)
        {
            Groups[name] = placement;
            return RelayTo(Cgroup);
        }

        Props RelayTo(TestProbe probe, Func<object?>? lastWords = null) => Props.Create(() => new Relay(probe.Ref, lastWords ?? (() => null), _relays));
    }

    /// <summary>A fresh manager in place of a stopped one.</summary>
    private protected void RestartManager() => Manager = StartManager();

    private protected void SendCreate(ContainerKey key, Action<System.Text.Json.Nodes.JsonObject>? change = null, DescriptorSet? descriptors = null)
    {
        var (spec, bytes) = Specs.Make(change);
        Assert.True(ContainerPlacement.TryResolve(spec, ContainerId.Parse(key.Id), out var placement, out _));
        var standIn = ProcessIdentity.TryRead(StandIn.Pid)!.Value;
        Manager.Tell(
            new SandboxCommands.CreateContainer(key, spec, placement!, bytes, "/b", standIn, _descriptors.Add(descriptors ?? DescriptorSet.Empty), 0) { RequestId = RequestId }, Caller);
    }

    private protected async Task<ContainerSnapshot> StateAsync() =>
        Assert.IsType<ContainerSnapshot>(await Manager.Ask<object>(new SandboxQueries.GetContainer(Key), Deadline.Span));

    /// <summary>The code with which a question about a container is refused.</summary>
    private protected async Task<FailureCode> RefusalAsync(ContainerKey key) =>
        Assert.IsType<Failure>(await Manager.Ask<object>(new SandboxQueries.GetContainer(key), Deadline.Span)).Code;

    private protected Task<SandboxQueries.SandboxList> ListAsync() => Manager.Ask<SandboxQueries.SandboxList>(new SandboxQueries.ListSandboxes(), Deadline.Span);

    /// <summary>The sandbox's actor, for messages without a command.</summary>
    private protected Task<IActorRef> SandboxAsync() => Sys.ActorSelection(Manager.Path / "s").ResolveOne(Deadline.Span);

    /// <summary>
    /// Returns when the sandbox's actor has handled all earlier messages, from the manager and the test, and its own messages that followed from
    /// them.
    /// </summary>
    private protected async Task<IActorRef> SettleAsync()
    {
        await Manager.Ask<object>(new SandboxQueries.GetContainer(Key), Deadline.Span); // The manager has passed on what it had.
        var sandbox = await SandboxAsync();
        await sandbox.Ask<Failure>(s_question, Deadline.Span);
        return sandbox;
    }

    /// <summary>Expects no message from the sandbox: the probe's next one is the answer to a query, sent on the same way as any other.</summary>
    private protected async Task ExpectNothingMoreAsync(TestProbe probe)
    {
        var sandbox = await SettleAsync();
        sandbox.Tell(s_question, _relays.GetValueOrDefault((sandbox, probe.Ref), probe.Ref));
        Assert.Equal(Failure.NoSuchContainer(s_question.Key.Id), await probe.ReceiveOneAsync(Deadline.Span));
    }

    private protected static VmConfig VmConfigFor(VmIdentity identity) => new()
    {
        HostName = identity.HostName,
        Uuid = identity.Uuid,
        RunDirectory = identity.RunDirectory,
        QemuPath = "/q",
        KernelPath = "/k",
        InitramfsPath = "/i",
        Accelerator = Accelerator.Tcg,
        VcpuCount = 2,
        MaxVcpuCount = 4,
    };

    /// <summary>
    /// Stands in a child's place: it forwards the parent's messages to the probe, and the probe's replies seem to come from the child.
    /// </summary>
    private protected sealed class Relay : UntypedActor
    {
        private readonly IActorRef _probe;
        private readonly Func<object?> _lastWords;

        public Relay(IActorRef probe, Func<object?> lastWords, ConcurrentDictionary<(IActorRef Parent, IActorRef Probe), IActorRef> relays)
        {
            (_probe, _lastWords) = (probe, lastWords);
            relays[(Context.Parent, probe)] = Self;
        }

        protected override void OnReceive(object message) => _probe.Forward(message);

        protected override void PostStop()
        {
            if (_lastWords() is { } said)
            {
                Context.Parent.Tell(said);
            }
        }
    }
}
