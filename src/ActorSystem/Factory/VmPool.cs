using Akka.Actor;
using KataActors.Hypervisor;
using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The VMs that are ready and waiting, and how many there should be: as many as the minimum, one more after each request that found none, and one
/// fewer after each quiet spell, up to the maximum and down to the minimum.
/// </summary>
internal sealed class VmPool(int minimum, int maximum)
{
    private readonly int _minimum = minimum;
    private readonly Dictionary<Guid, Member> _members = [];
    private int _takenOrMissed;

    /// <summary>How many VMs should be ready.</summary>
    public int Target { get; private set; } = minimum;

    /// <summary>Whether there is a pool at all.</summary>
    public bool Exists => maximum > 0;

    /// <summary>How many are ready.</summary>
    public int Ready => _members.Values.Count(member => member.Held is not null);

    /// <summary>How many are on their way.</summary>
    public int Booting => _members.Count - Ready;

    /// <summary>Whether there is no VM in it, nor on its way.</summary>
    public bool IsEmpty => _members.Count == 0;

    /// <summary>Whether another VM should be booted.</summary>
    public bool WantsMore => _members.Count < Target;

    /// <summary>A VM has begun to boot.</summary>
    public void Add(Guid uuid, IActorRef actor) => _members[uuid] = new Member(actor, null);

    /// <summary>A VM is ready.</summary>
    public void Hold(VmConfig config, ProcessIdentity process)
    {
        if (_members.TryGetValue(config.Uuid, out var member))
        {
            _members[config.Uuid] = member with { Held = new HeldVm(config, process, member.Actor) };
        }
    }

    /// <summary>A VM is gone. False when it was none of the pool.</summary>
    public bool Remove(Guid uuid) => _members.Remove(uuid);

    /// <summary>Whether its end was asked for.</summary>
    public bool IsEnding(Guid uuid) => _members.GetValueOrDefault(uuid) is { Ending: true };

    /// <summary>Whether it is on its way, or ready.</summary>
    public bool Contains(Guid uuid) => _members.ContainsKey(uuid);

    /// <summary>Takes a VM that is ready; null when there is none.</summary>
    public HeldVm? Take()
    {
        if (_members.Values.FirstOrDefault(IsReady)?.Held is { } held)
        {
            _takenOrMissed++;
            _members.Remove(held.Config.Uuid);
            return held;
        }

        return null;
    }

    /// <summary>A request has found none ready.</summary>
    public void Miss()
    {
        _takenOrMissed++;
        Target = Math.Clamp(Target + 1, _minimum, maximum);
    }

    /// <summary>No VM is wanted any more, until <see cref="Miss"/> or <see cref="Fill"/>. Returns those that are to be ended.</summary>
    public IReadOnlyList<IActorRef> Empty()
    {
        Target = 0;
        foreach (var (uuid, member) in _members.ToArray())
        {
            _members[uuid] = member with { Ending = true };
        }

        return [.. _members.Values.Select(member => member.Actor)];
    }

    /// <summary>At least the minimum is wanted.</summary>
    public void Fill() => Target = Math.Max(Target, _minimum);

    /// <summary>A while has passed: when nobody has asked, one VM fewer is wanted. Returns one that is too many now, or null.</summary>
    public IActorRef? Shrink()
    {
        var quiet = _takenOrMissed == 0;
        _takenOrMissed = 0;
        if (quiet)
        {
            Target -= Target > _minimum ? 1 : 0;
        }

        if (_members.Count <= Target || _members.Values.FirstOrDefault(IsReady) is not { Held: { } held } surplus)
        {
            return null;
        }

        _members[held.Config.Uuid] = surplus with { Ending = true };
        return surplus.Actor;
    }

    private static bool IsReady(Member member) => member is { Held: not null, Ending: false };

    private sealed record Member(IActorRef Actor, HeldVm? Held, bool Ending = false);
}

/// <summary>A VM that is ready.</summary>
/// <param name="Config">It, with the pool's run directory.</param>
/// <param name="Process">Its QEMU.</param>
/// <param name="Actor">Who holds it.</param>
internal sealed record HeldVm(VmConfig Config, ProcessIdentity Process, IActorRef Actor);
