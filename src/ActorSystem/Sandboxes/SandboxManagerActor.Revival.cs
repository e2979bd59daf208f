using Akka.Actor;
using Akka.Event;

namespace KataActors.Runtime.Sandboxes;

// The start of SandboxActors, and their revival.
internal sealed partial class SandboxManagerActor
{
    private void ReviveAll()
    {
        foreach (var entry in _table.Sandboxes)
        {
            _silent.Add(entry.Registration.Uuid);
            Start(entry, entry.Life);
        }

        if (_silent.Count == 0)
        {
            BecomeReady();
            return;
        }

        Timers.StartSingleTimer(nameof(RecoveryOverdue), new RecoveryOverdue(), s_recoveryDeadline);
    }

    private IActorRef Start(Entry entry, SandboxLife life)
    {
        var uuid = entry.Registration.Uuid;
        entry.Lives += life == SandboxLife.New ? 0 : 1;
        var actor = Context.ActorOf(_sandboxProps(entry.Registration, life), FreeActorName(entry.Registration.HostName));
        Context.WatchWith(actor, new SandboxActorStopped(entry));
        entry.Actor = actor;
        if (life != SandboxLife.New && !entry.IsKnown)
        {
            _unread.Add(uuid);
        }

        entry.HasRecovered = life is SandboxLife.New or SandboxLife.Unread;
        return actor;
    }

    // The actor of an earlier incarnation may still be deleting its events.
    private static string FreeActorName(string hostName)
    {
        var name = Uri.EscapeDataString(hostName);
        for (var number = 2; !Context.Child(name).IsNobody(); number++)
        {
            name = $"{Uri.EscapeDataString(hostName)}~{number}";
        }

        return name;
    }

    private void ScheduleRevival(Guid uuid)
    {
        if (_table.Find(uuid) is not { } entry)
        {
            return;
        }

        entry.Actor = null;
        if (entry.Removals.Count > 0 || entry.IsReturning)
        {
            entry.IsReturning = false;
            ReviveNow(entry);
            return;
        }

        var pause = TimeSpan.FromMilliseconds(Math.Min(s_longestPause.TotalMilliseconds, 100 * Math.Pow(2, Math.Min(entry.Lives, 10))));
        _log.Warning("the actor of sandbox {0} stopped; it is revived in {1}", entry.Registration.Key.Id, pause);
        Timers.StartSingleTimer(uuid, new Revive(uuid), pause);
    }

    private void ReviveNow(Entry entry)
    {
        Start(entry, entry.Life);
        SendRemovals(entry);
    }

    private void OnRecovered(Guid uuid)
    {
        if (_table.Find(uuid) is { } entry)
        {
            entry.HasRecovered = true;
            if (entry.Life != SandboxLife.Unread)
            {
                entry.IsKnown = true;
                _unread.Remove(uuid);
            }

            SendRemovals(entry);
        }

        Heard(uuid);
    }

    private static void SendRemovals(Entry entry)
    {
        if (entry is { HasRecovered: true, Actor: { } actor })
        {
            foreach (var (removal, asker) in entry.Removals)
            {
                actor.Tell(removal, asker);
            }

            entry.Removals.Clear();
        }
    }

    private void Heard(Guid uuid)
    {
        if (_silent.Remove(uuid) && _silent.Count == 0)
        {
            BecomeReady();
        }
    }
}
