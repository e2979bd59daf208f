using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>
/// A factory and its decisions, one after the other. Its VMs have one vCPU, up to four, and 256 MiB. VMs are numbered as they boot, sandboxes as they
/// ask.
/// </summary>
internal sealed class FactoryDecider
{
    public static readonly FactoryContext Usual = new(
        new FactorySettings(EnableTemplate: false, "", PoolMinimum: 0, PoolMaximum: 0, ConcurrentBoots: 2),
        new VmDefaults("/q", "q35", "tcg", "/k", "/i", "", "", 1, 4, 256, false),
        new HostVirtualization("no /dev/kvm", false),
        new VmTemplate("/t/current", TemplateUse.Clone),
        "/t",
        TimeSpan.FromSeconds(30));

    private readonly FactoryContext _context;
    private int _booted;
    private int _asked;

    public FactoryDecider(bool template = false, int minimum = 0, int maximum = 0, int boots = 2, bool isServing = true)
    {
        _context = Usual with { Settings = new FactorySettings(template, "", minimum, maximum, boots) };
        State = FactoryDecision.Initial(_context.Settings);
        if (isServing)
        {
            On(new FactoryInput.Begun());
            See();
        }
    }

    public FactoryState State { get; private set; }

    public static Guid Vm(int number) => new(number, 1, 0, new byte[8]);

    public static Guid Sandbox(int number) => new(number, 2, 0, new byte[8]);

    public static TemplateView View(TemplateState state, string problem = "it is so") => state switch
    {
        TemplateState.Ready => new TemplateView(state, "", "", new TemplateManifest(), [new FileStamp("/t/current/memory", 1, default)]),
        TemplateState.Checking or TemplateState.Making => new TemplateView(state, $"it is {state}", "", null, []),
        _ => new TemplateView(state, "", problem, null, []),
    };

    public static VmConfig Config(Guid vm) => new()
    {
        HostName = "pool",
        Uuid = vm,
        RunDirectory = $"/f/{vm:N}",
        QemuPath = "/q",
        KernelPath = "/k",
        InitramfsPath = "/i",
        Accelerator = Accelerator.Tcg,
    };

    public static RequestVm Request(Guid sandbox, uint vcpus = 1, uint memoryMib = 256, string? cloneFailure = null) =>
        new(new VmIdentity("h", sandbox, "/run/h"), vcpus, memoryMib, cloneFailure);

    public Decided On(FactoryInput input)
    {
        var fresh = _context.HasPool ? new VmIdentity("pool", Vm(_booted + 1), "/f/pool") : null;
        var step = FactoryDecision.On(State, input, _context with { FreshVm = fresh });
        _booted += step.Effects.OfType<FactoryEffect.BootVm>().Count();
        State = step.State;
        return new Decided(step);
    }

    /// <summary>The look at the host has found run directories of these VMs.</summary>
    public Decided See(params int[] vms) => On(new FactoryInput.HostSeen(new HostLook([.. vms.Select(Vm)], [], null)));

    /// <summary>The next sandbox requests a VM.</summary>
    public Decided Ask(uint vcpus = 1, uint memoryMib = 256, string? cloneFailure = null) => On(new FactoryInput.Request(
        Request(Sandbox(++_asked), vcpus, memoryMib, cloneFailure), new Named($"sandbox {_asked}")));

    public Decided Hold(int vm) => On(new FactoryInput.VmHeld(Config(Vm(vm)), new ProcessIdentity(1, 1)));

    public Decided Lose(int vm, bool isLeft = false) => On(new FactoryInput.VmLost(Vm(vm), "it died", isLeft));

    public Decided Template(TemplateState state, string problem = "it is so") => On(new FactoryInput.TemplateChanged(View(state, problem)));

    /// <summary>The last look at the template ends.</summary>
    public Decided Seen(bool isUnchanged = true) => On(new FactoryInput.TemplateSeen(State.Looks, isUnchanged));

    public Decided Elapse(FactoryTimer timer) => On(new FactoryInput.Elapsed(timer));

    /// <summary>The states of the VMs, such as <c>Waiting 1, Booting 2</c>.</summary>
    public string Vms => string.Join(", ", State.Vms.Select(vm => $"{vm.GetType().Name} {Decided.NumberOf(vm.Uuid)}"));
}

/// <summary>A requester with a name.</summary>
internal sealed record Named(string Name) : Requester;

/// <summary>A decision, with names for its parts.</summary>
internal sealed record Decided(FactoryStep Step)
{
    public IEnumerable<object> Replies => Step.Replies.Select(reply => reply.Reply);

    public VmGranted Granted => Replies.OfType<VmGranted>().Single();

    /// <summary>The effects, except timers and watches.</summary>
    public string Work => string.Join(", ", Step.Effects.Select(NameOf).Where(name => name.Length > 0));

    public IEnumerable<FactoryEffect.StartTimer> Timers => Step.Effects.OfType<FactoryEffect.StartTimer>();

    public static int NumberOf(Guid uuid) => BitConverter.ToInt32(uuid.ToByteArray());

    private static string NameOf(FactoryEffect effect) => effect switch
    {
        FactoryEffect.BootVm boot => $"BootVm {NumberOf(boot.Config.Uuid)}",
        FactoryEffect.EndVm end => $"EndVm {NumberOf(end.Vm)}",
        FactoryEffect.ReleaseVm release => $"ReleaseVm {NumberOf(release.Vm)}",
        FactoryEffect.TearDown tearDown => $"TearDown {NumberOf(tearDown.Orphan.Vm)}",
        FactoryEffect.TellTemplate tell => tell.Command.GetType().Name,
        FactoryEffect.LookAtHost or FactoryEffect.LookAtTemplate or FactoryEffect.StartTemplateActor or FactoryEffect.TellStatus => effect.GetType().Name,
        _ => "",
    };
}
