using Akka.Actor;
using Akka.Event;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

// The pool: filled when nobody else needs the CPU.
internal sealed partial class FactoryActor
{
    /// <summary>So many times the usual deadlines are those of the pool's VMs: they yield to all others, and nobody waits for them.</summary>
    public const int PoolPatience = 5;

    private const string PoolVmName = "pool";
    private static readonly TimeSpan s_poolTick = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_creationPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_firstRefillPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestRefillPause = TimeSpan.FromMinutes(5);

    private readonly Backoff _refills = new(s_firstRefillPause, s_longestRefillPause);
    private TimeSpan _refillPause;
    private IActorRef? _awaitsPoolsEnd;

    private bool OnPool(object message)
    {
        switch (message)
        {
            case FactoryVmProtocol.Held held:
                // That it was ready once says nothing: it may die at once.
                Timers.StartSingleTimer(held.Config.Uuid, new PoolVmLasted(held.Config.Uuid), s_poolTick);
                _pool.Hold(held.Config, held.Process);
                _booting.Remove(held.Config.Uuid);
                Pump();
                return true;
            case PoolVmLasted lasted:
                if (_pool.Contains(lasted.Uuid))
                {
                    _refills.Succeed();
                }

                return true;
            case FactoryVmProtocol.Lost lost:
                OnPoolVmLost(lost);
                return true;
            case PoolVmStopped stopped:
                if (_pool.Contains(stopped.Uuid))
                {
                    OnPoolVmLost(new FactoryVmProtocol.Lost(stopped.Uuid, "its actor failed") { IsLeft = true });
                }

                return true;
            case PoolTick:
                _pool.Shrink()?.Tell(new FactoryVmProtocol.End("it is not needed"));
                return true;
            case EndPool:
                _ready = false;
                _awaitsPoolsEnd = Sender;
                EmptyPool();
                TellPoolsEnd();
                return true;
            case RefillAgain:
                _refillPause = TimeSpan.Zero;
                Pump();
                return true;
            case FactoryVmProtocol.Started or FactoryVmProtocol.Saving or FactoryVmProtocol.Saved:
                return true;
            default:
                return false;
        }
    }

    private void StartPool()
    {
        if (_pool.Exists)
        {
            Timers.StartPeriodicTimer(nameof(PoolTick), new PoolTick(), s_poolTick);
        }
    }

    private void FillPool()
    {
        if (!_pool.WantsMore || _pool.Booting > 0 || _refillPause > TimeSpan.Zero)
        {
            return;
        }

        var request = new RequestVm(_services.Directory.NewVm(PoolVmName), _services.Vm.Vcpus, _services.Vm.MemoryMib);
        var below = (IVmStrategy?)_template ?? _direct;
        switch (below.Offer(request, _booting.Count < _services.Settings.ConcurrentBoots))
        {
            case VmOffer.Grant { Vm: var vm }:
                var uuid = vm.Config.Uuid;
                var actor = Context.ActorOf(FactoryVmActor.Props(vm.Config, _services.Children, new FactoryVmDeadlines(_services.BootDeadline * PoolPatience)), $"pool-{uuid:N}");
                Context.WatchWith(actor, new PoolVmStopped(uuid));
                _pool.Add(uuid, actor);
                _booting[uuid] = new Boot(vm.Source, null, Yields: true);
                break;
            case VmOffer.Refusal refusal:
                OnRefillFailed(refusal.Failure.Message);
                break;
            default:
                TellWanted();
                break;
        }
    }

    private void ReleaseTaken()
    {
        if (_poolStrategy?.Taken is { } taken)
        {
            Context.Unwatch(taken.Actor);
            taken.Actor.Tell(new FactoryVmProtocol.Release());
            _refills.Succeed();
            // Its sandbox is still busy with it; the next VM would only take its CPU.
            PauseRefill(s_creationPause);
        }
    }

    private void OnPoolVmLost(FactoryVmProtocol.Lost lost)
    {
        if (_pool.IsEnding(lost.Uuid) is var wasAsked && _pool.Remove(lost.Uuid))
        {
            _booting.Remove(lost.Uuid);
            if (lost.IsLeft)
            {
                End(lost.Uuid);
            }

            if (wasAsked)
            {
                PauseRefill(s_firstRefillPause);
            }
            else
            {
                OnRefillFailed(lost.Reason);
            }

            TellPoolsEnd();
            DestroyWhenQuiet();
            Pump();
        }
    }

    private void OnRefillFailed(string reason)
    {
        PauseRefill(_refills.Fail(reason, out var isNews));
        if (isNews)
        {
            _log.Warning("the pool is not full: {0}", reason);
        }
    }

    // One that fails at once is not tried again at once. A longer pause goes on.
    private void PauseRefill(TimeSpan pause)
    {
        if (pause > _refillPause)
        {
            _refillPause = pause;
            Timers.StartSingleTimer(nameof(RefillAgain), new RefillAgain(), pause);
        }
    }

    private void EndRefillPause()
    {
        _refillPause = TimeSpan.Zero;
        Timers.Cancel(nameof(RefillAgain));
    }

    private void TellPoolsEnd()
    {
        if (_pool.IsEmpty && _ending.Count == 0)
        {
            _awaitsPoolsEnd?.Tell(new PoolEnded());
        }
    }

    private void EmptyPool()
    {
        foreach (var actor in _pool.Empty())
        {
            actor.Tell(new FactoryVmProtocol.End("the factory is destroyed"));
        }
    }

    private sealed record PoolVmStopped(Guid Uuid);

    private sealed record PoolVmLasted(Guid Uuid);

    private sealed record PoolTick;

    private sealed record RefillAgain;
}
