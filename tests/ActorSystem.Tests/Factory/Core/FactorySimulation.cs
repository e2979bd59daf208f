using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>
/// A factory's life by seed, in a <see cref="FactoryWorld"/>: sandboxes ask, take, give back and die, the factory is initialised and destroyed, and
/// at last the daemon ends. The invariants are checked after each decision; at the end nothing may be left.
/// </summary>
internal sealed class FactorySimulation
{
    private const int LongestRun = 20_000;
    private static readonly Guid[] s_left = [new(1, 3, 0, new byte[8]), new(2, 3, 0, new byte[8])];
    private readonly Random _random;
    private readonly FactoryWorld _world;
    private readonly FactoryContext _context;
    private readonly Dictionary<Named, int> _replies = [];
    private readonly Dictionary<Guid, string> _boots = []; // By sandbox: what it was granted and boots.
    private readonly Dictionary<Guid, Guid> _given = []; // By sandbox: the VM of the pool that it was granted and has not taken.
    private readonly HashSet<Guid> _everGranted = [];
    private readonly HashSet<Named> _gone = [];
    private FactoryState _state;
    private int _sandboxes;
    private int _fresh;

    public FactorySimulation(int seed)
    {
        _random = new Random(seed);
        _world = new FactoryWorld(_random);
        var maximum = _random.Next(4);
        _context = FactoryDecider.Usual with
        {
            Settings = new FactorySettings(_random.Next(4) > 0, "", _random.Next(maximum + 1), maximum, ConcurrentBoots: 1 + _random.Next(3)),
        };
        _state = FactoryDecision.Initial(_context.Settings);
    }

    /// <summary>The number of grants.</summary>
    public int Grants { get; private set; }

    /// <summary>Runs the life, and checks the end.</summary>
    public void Run()
    {
        Decide(new FactoryInput.Begun());
        Some(3);
        Decide(new FactoryInput.HostSeen(new HostLook([.. s_left.Take(_random.Next(3))], [.. s_left.Take(_random.Next(3))], null)));
        Some(200);
        Decide(new FactoryInput.EndPool(Wait("shutdown")));
        for (var step = 0; EndSandbox() || Happen(isCalm: true); step++)
        {
            Assert.True(step < LongestRun, "it does not come to its end");
        }

        Assert.Empty(_world.Live);
        Assert.Empty(_world.Watched);
        Assert.Empty(_state.Vms);
        Assert.Empty(_state.Boots);
        Assert.All(_replies, reply => Assert.InRange(reply.Value, _gone.Contains(reply.Key) ? 0 : 1, 1));
    }

    private void Some(int steps)
    {
        for (; steps > 0; steps--)
        {
            switch (_random.Next(12))
            {
                case 0 or 1:
                    Ask(new Guid(++_sandboxes, 2, 0, new byte[8]));
                    break;
                case 2 or 3:
                    EndSandbox();
                    break;
                case 4 when _random.Next(5) == 0:
                    Decide(new FactoryInput.Destroy(Wait("destroy")));
                    break;
                case 5 when _random.Next(3) == 0:
                    Decide(new FactoryInput.Init(_random.Next(2) == 0 ? "" : "it is Making", Wait("init")));
                    break;
                default:
                    Happen(isCalm: false);
                    break;
            }
        }
    }

    private bool Happen(bool isCalm)
    {
        if (_world.Next(isCalm) is not { } input)
        {
            return false;
        }

        Decide(input);
        return true;
    }

    private void Ask(Guid sandbox) => Decide(new FactoryInput.Request(
        FactoryDecider.Request(sandbox, cloneFailure: _random.Next(10) == 0 ? "it died" : null, memoryMib: _random.Next(10) == 0 ? 512u : 256u), Wait($"{sandbox}")));

    // A sandbox uses its granted VM.
    private bool EndSandbox()
    {
        if (_given.Count > 0)
        {
            var (sandbox, vm) = _given.First();
            _given.Remove(sandbox);
            switch (_random.Next(3))
            {
                case 0:
                    _world.Live.Remove(vm);
                    Decide(new FactoryInput.Taken(vm));
                    break;
                case 1:
                    Decide(new FactoryInput.GivenBack(vm));
                    break;
                default:
                    Stop(sandbox);
                    break;
            }

            return true;
        }

        if (_boots.Count == 0)
        {
            return false;
        }

        var booting = _boots.Keys.ElementAt(_random.Next(_boots.Count));
        _boots.Remove(booting);
        if (_random.Next(3) == 0)
        {
            Stop(booting);
        }
        else
        {
            Decide(new FactoryInput.BootOver(booting));
        }

        return true;
    }

    private void Stop(Guid sandbox)
    {
        _world.Watched.Remove(new Named($"{sandbox}"));
        _gone.Add(new Named($"{sandbox}"));
        Decide(new FactoryInput.RequesterGone(sandbox));
    }

    private Named Wait(string name)
    {
        var requester = new Named(name == "destroy" || name == "init" ? $"{name} {_replies.Count}" : name);
        _replies.Add(requester, 0);
        return requester;
    }

    private void Decide(FactoryInput input)
    {
        var before = _state;
        var fresh = _context.HasPool ? new VmIdentity("pool", new Guid(++_fresh, 1, 0, new byte[8]), "/f/pool") : null;
        var step = FactoryDecision.On(before, input, _context with { FreshVm = fresh });
        _state = step.State;
        CheckClones(before, input, step);
        foreach (var effect in step.Effects)
        {
            _world.CarryOut(effect);
        }

        Assert.InRange(_world.Pooled, 0, _context.Settings.PoolMaximum);
        foreach (var (to, reply) in step.Replies)
        {
            Assert.Equal(1, ++_replies[(Named)to]);
            Take((Named)to, reply);
        }

        Assert.InRange(_boots.Count, 0, _context.Settings.ConcurrentBoots);
        Assert.False(_world.IsTemplateBeingRemoved && _boots.ContainsValue(VmSources.Template), "the template is removed under a clone that starts from it");
    }

    // A clone begins only from a template just found unchanged and not being removed; a failed attempt is repeated only when it is due, or by hand.
    private void CheckClones(FactoryState before, FactoryInput input, FactoryStep step)
    {
        var clones = step.Replies.Select(reply => reply.Reply).OfType<VmGranted>().Select(granted => granted.Config)
            .Concat(step.Effects.OfType<FactoryEffect.BootVm>().Select(boot => boot.Config)).Where(config => config is { Template: not null });
        if (clones.Any())
        {
            Assert.True(input is FactoryInput.TemplateSeen { IsUnchanged: true }, "a clone begins without a look at the template");
            Assert.False(before.IsBeingDestroyed || _world.IsTemplateBeingRemoved, "a clone begins while the template is being removed");
        }

        if (before.Template is TemplateLife.Failed && step.Effects.Any(effect => effect is FactoryEffect.TellTemplate { Command: not TemplateProtocol.Remove }))
        {
            Assert.True(input is FactoryInput.Elapsed { Timer: FactoryTimer.MakeAgain } or FactoryInput.Init, "an attempt that failed is repeated at once");
        }
    }

    private void Take(Named requester, object reply)
    {
        if (reply is not VmGranted granted)
        {
            return;
        }

        Grants++;
        var sandbox = Guid.Parse(requester.Name);
        if (granted.Running is null)
        {
            _boots.Add(sandbox, granted.Source);
            return;
        }

        Assert.True(_everGranted.Add(granted.Config.Uuid), "a VM is granted twice");
        Assert.Contains(granted.Config.Uuid, _world.Live);
        Assert.Contains(requester, _world.Watched);
        _given.Add(sandbox, granted.Config.Uuid);
    }
}
