using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>
/// The core with a <see cref="SimulatedHost"/>: commands come, replies come in any order or after their deadlines, actors are lost, and the daemon
/// crashes at one crash point and returns with its record. A seed repeats a run.
/// </summary>
/// <param name="seed">Seed of all draws.</param>
/// <param name="crashAt">Number of the crash point, after an event or before an effect; 0 for no crash.</param>
internal sealed class Simulation(int seed, int crashAt)
{
    private const int LongestRun = 20_000;
    private const int LongestTrace = 25;
    private static readonly byte[] s_free = Specs.Make().Bytes;
    private static readonly byte[] s_limited = Specs.Make(Specs.Cpu(20_000, 100_000)).Bytes;
    private readonly Random _random = new(seed);
    private readonly List<AwaitedEffect> _pending = [];
    private readonly Queue<string> _trace = new();
    private readonly Dictionary<RequesterId, int> _replies = [];
    private SimulatedHost _host = null!;
    private SandboxState _state = SandboxState.Empty;
    private int _crashes;

    // Whether a round of limits has succeeded since the daemon's return, so that the guest is known.
    private bool _knowsGuest = true;
    private int _asked;

    /// <summary>The last inputs and their decisions, a line each.</summary>
    public string Trace => string.Join('\n', _trace);

    /// <summary>Crash points passed so far.</summary>
    public int Passed { get; private set; }

    /// <summary>Runs the life of a pod from its running containers to its end, and checks the remains.</summary>
    public void Run()
    {
        _host = new SimulatedHost(_random) { FailsOneIn = _random.Next(3) == 0 ? 4 : 0 };
        foreach (var id in new[] { "s", "c", "d" })
        {
            Add(id, isCreated: true);
        }

        Add("x", isCreated: false);
        Input[] commands =
        [
            new Start("c", Wait(new SandboxCommands.Started())),
            new UndoCreation("x", "it failed", Wait(new Failure(FailureCode.Internal, "it failed"))),
            new Remove("d", IsWhole: false, "", Wait(new SandboxCommands.Deleted())),
            new Remove("d", IsWhole: false, "", Wait(new SandboxCommands.Deleted())),
            Create("n"),
            Update("c", 50_000),
            Update("s", 10_000),
            new AgentReturned(),
        ];
        _random.Shuffle(commands);
        foreach (var command in commands)
        {
            Decide(command);
            Some(_random.Next(6));
        }

        if (_random.Next(4) == 0)
        {
            _host.GuestHangs = true;
            Decide(new GiveUpVm("it hangs"));
        }

        Some(_random.Next(40));
        if (_random.Next(4) == 0 && !_host.GuestHangs)
        {
            Drain();
            CheckSettled();
        }

        Decide(new Remove("s", IsWhole: true, "", Wait(new SandboxCommands.Deleted())));
        for (var step = 0; !_state.Record.Deleted; step++)
        {
            Assert.True(step < LongestRun, "the removal does not come to its end");
            Some(1);
        }

        Drain();
        Assert.Equal("", _host.Left);
        Assert.Empty(_state.Operations);
        Assert.All(_replies.Values, count => Assert.InRange(count, _crashes == 0 ? 1 : 0, 1));
    }

    private void Add(string id, bool isCreated)
    {
        if (!_state.Record.Exists)
        {
            Record(new SandboxCreateBegun { Root = "/r", Id = id, HostName = "s", Uuid = Decider.Uuid.ToString(), BootId = "boot", Vcpus = 1 });
            Record(new VmLaunched { Vmm = new ProcessRecord { Pid = 7, StartTime = 70 }, Source = "cold", Accelerator = "tcg" });
        }

        var spec = id == "d" ? s_free : s_limited;
        _host.GuestQuotas[id] = id == "d" ? null : new CpuLimit(20_000, 100_000);
        Record(new ContainerCreateBegun { Id = id, Spec = ByteString.CopyFrom(spec), Bundle = "/b", StandIn = new ProcessRecord { Pid = 8, StartTime = 80 } });
        _host.InGuest.Add(id);
        _host.Mounted.Add(id);
        if (isCreated)
        {
            Record(new ContainerCreated { Id = id });
            _host.Processes.Add(id);
            _host.StandIns.Add(id);
        }
    }

    private Create Create(string id)
    {
        var (spec, bytes) = Specs.Make(Specs.Joining("s", 30_000, 100_000));
        Assert.True(ContainerPlacement.TryResolve(spec, ContainerId.Parse(id), out var placement, out _));
        var command = new SandboxCommands.CreateContainer(new ContainerKey("/r", id), spec, placement!, bytes, "/b", new ProcessIdentity(9, 90, "boot"), default, 0);
        return new Create(command, HasDescriptors: true, Wait(new SandboxCommands.Created()));
    }

    private Update Update(string id, long quota) => new(
        id, new ResourcesSpec { Cpu = new CpuSpec { Quota = quota, Period = 100_000 } }, Wait(new SandboxCommands.Updated([])).Id);

    private WaitingRequester Wait(object reply)
    {
        var id = new RequesterId(++_asked);
        _replies[id] = 0;
        return new WaitingRequester(id, reply);
    }

    private void Record(IMessage e) => _state = _state with { Record = _state.Record.Apply(e) };

    // The shell's work on a step; the crash may come between any two of its parts.
    private void Decide(Input input)
    {
        var step = Sandbox.On(_state, input, new SandboxContext(Decider.RegistrationOf("s"), Decider.Settings, DateTimeOffset.UnixEpoch, Seen()));
        Remember(input, step);
        foreach (var late in step.LateEvents)
        {
            Record(late);
        }

        foreach (var e in step.Events)
        {
            Record(e);
            if (e is ContainerCreated created)
            {
                _host.Processes.Add(created.Id);
                _host.StandIns.Add(created.Id);
            }

            if (Crashes())
            {
                return;
            }
        }

        _knowsGuest |= HasRound(_state) && !HasRound(step.State) && !step.State.Operations.Values.Any(operation => operation is RetryLimits);
        _state = step.State with { Record = _state.Record };
        foreach (var effect in step.Effects.OfType<AwaitedEffect>())
        {
            if (Crashes())
            {
                return;
            }

            _pending.Add(effect);
        }

        CheckRemoved();
        foreach (var (to, _) in step.Replies)
        {
            _replies[to]++;
        }
    }

    private void Remember(Input input, Step step)
    {
        var effects = string.Join(", ", step.Effects.Select(effect => effect is AwaitedEffect.Ask ask ? $"{ask.Id.Operation.Number}.{ask.Id.Serial} {ask.Command}" : effect.ToString()));
        _trace.Enqueue($"{input} ▶ {string.Join(", ", step.Events)} ▶ {effects}");
        if (_trace.Count > LongestTrace)
        {
            _trace.Dequeue();
        }
    }

    // A container off the record has left the guest and the share, unless the guest has hung.
    private void CheckRemoved()
    {
        if (!_host.GuestHangs)
        {
            Assert.Empty(_host.InGuest.Concat(_host.Mounted).Except(_state.Record.Containers.Keys));
        }
    }

    // A quota that is not changing is enforced by the host or by the guest.
    private void CheckQuotas()
    {
        foreach (var container in CpuLimits.Counted(_state.Record).Where(container => container is { Status: not ContainerStatus.Creating, Update: null } && IsSteady(container.Key.Id)))
        {
            var quota = GuestQuotas.Of(container.Spec.Linux?.Resources);
            Assert.True(
                quota is null || _host.GuestQuotas[container.Key.Id] == quota || (_host.HostLimit is { } host && !host.IsMoreThan(quota.Value)),
                $"the quota of {container.Key.Id} holds nowhere");
        }
    }

    private static bool HasRound(SandboxState state) => state.Operations.Values.Any(operation => operation is ApplyLimits);

    private bool IsSteady(string id) => _knowsGuest && !_state.Record.Deleting && _host is { GuestHangs: false, FailsOneIn: 0 } && !_state.Seen.ToRestore.Contains(id)
        && !_state.Operations.Values.Any(operation => operation is SetGuestLimits set && set.Container == id);

    // No reply is pending.
    private void CheckSettled()
    {
        if (_host is { GuestHangs: false, FailsOneIn: 0 } && _state.Record is { VmEnded: false, Deleting: false })
        {
            Assert.DoesNotContain(_state.Record.Containers.Values, container => container.Update is not null);
            Assert.Equal(CpuLimits.ForKernel(_state.Record, Decider.Settings.Cgroups), _host.HostLimit);
            Assert.Equal(VcpuSizing.Count(_state.Record, Decider.Settings.Vm.MaxVcpus), _host.Vcpus);
        }
    }

    private Outside Seen()
    {
        var attended = _state.Record.Containers.Values.Where(container => container.Status != ContainerStatus.Creating).Select(container => container.Key.Id).ToArray();
        return new Outside
        {
            AgentConnected = _host is { Vm: true, GuestHangs: false },
            BootId = "boot",
            HoldsVm = _host.Vm && !_state.Record.VmEnded,
            VmUuids = [Decider.Uuid],
            Attended = [.. attended],
            StandInsGone = [.. attended.Where(id => !_host.StandIns.Contains(id))],
        };
    }

    private bool Crashes()
    {
        if (++Passed != crashAt)
        {
            return false;
        }

        _crashes++;
        _knowsGuest = false;
        _pending.Clear();
        _state = new SandboxState { Record = _state.Record };
        Return();
        return true;
    }

    // As in the reconciliation, recorded operations continue. A stand-in of an unknown container ends.
    private void Return()
    {
        var record = _state.Record;
        _host.StandIns.IntersectWith(record.Containers.Keys);
        if (!record.Exists || record.Deleted)
        {
            return;
        }

        Decide(new Recovered());
        if (!_host.Vm)
        {
            Decide(new VmDied("it was gone"));
        }
        else if (!_host.GuestHangs)
        {
            Decide(new AgentReturned());
        }
    }

    private void Some(int steps)
    {
        for (; steps > 0 && !_state.Record.Deleted; steps--)
        {
            Happen();
        }
    }

    // Draws the next event.
    private void Happen()
    {
        var ended = _state.Record.Containers.Values.FirstOrDefault(container =>
            container.Status is ContainerStatus.Created or ContainerStatus.Running && !_host.Processes.Contains(container.Key.Id));
        switch (_random.Next(8))
        {
            case 0 when ended is not null:
                Decide(new ProcessEnded(ended.Key.Id, 137, ""));
                break;
            case 1 when _host.StandIns.FirstOrDefault(id => !_host.Processes.Contains(id)) is { } drained:
                _host.StandIns.Remove(drained);
                Decide(new Changed());
                break;
            case 2 when _pending.Count > 0:
                PassDeadline();
                break;
            case 3 when _random.Next(8) == 0 && _pending.OfType<AwaitedEffect.Ask>().FirstOrDefault() is { } lost:
                _pending.Remove(lost);
                Decide(new Done(lost.Id, new ResourceLost("played")));
                break;
            default:
                Answer();
                break;
        }
    }

    // The reply may still come; the actor of a container carries out its command. A call to the agent ends with its own deadline, carried out or not.
    private void PassDeadline()
    {
        var effect = Draw(remove: false);
        var isCall = effect is AwaitedEffect.Ask { Resource: ResourceKind.Agent };
        if (effect is not AwaitedEffect.AskContainer && (isCall || _random.Next(2) == 0))
        {
            _pending.Remove(effect);
            _ = isCall && _random.Next(2) == 0 ? _host.CarryOut(effect) : null;
        }

        Decide(new Overdue(effect.Id));
    }

    private void Answer()
    {
        if (_pending.Count > 0)
        {
            var effect = Draw(remove: true);
            if (_host.CarryOut(effect) is { } reply)
            {
                _ = _random.Next(10) == 0 ? _host.CarryOut(effect) : null; // Twice does no harm.
                Decide(new Done(effect.Id, reply));
                CheckQuotas();
            }
            else
            {
                Decide(new Overdue(effect.Id));
            }
        }
    }

    private void Drain()
    {
        for (var step = 0; _pending.Count > 0; step++)
        {
            Assert.True(step < LongestRun, "it does not come to rest");
            Answer();
        }
    }

    private AwaitedEffect Draw(bool remove)
    {
        var drawn = _pending[_random.Next(_pending.Count)];

        // An actor carries out its commands in order, except the agent's, which serves calls side by side.
        var effect = ResourceOf(drawn) is { } resource and not ResourceKind.Agent ? _pending.First(other => ResourceOf(other) == resource) : drawn;
        _ = remove && _pending.Remove(effect);
        return effect;
    }

    private static ResourceKind? ResourceOf(AwaitedEffect effect) => effect switch
    {
        AwaitedEffect.Ask ask => ask.Resource,
        AwaitedEffect.Attach => ResourceKind.Storage,
        _ => null,
    };
}
