using KataActors.Hypervisor.Qmp;

namespace KataActors.Hypervisor;

/// <summary>
/// Filters the monitor's events for the actor: only the relevant ones, and a bounded number at a time. QEMU, or the guest through it, may raise
/// thousands in a second. Thread-safe.
/// </summary>
internal sealed class MonitorEvents
{
    /// <summary>The number of events that may wait for the actor; more are dropped, since only a hostile QEMU sends so many.</summary>
    public const int MostWaiting = 64;

    private int _waiting;

    /// <summary>Whether an event is passed to the actor, which calls <see cref="Taken"/> on receipt.</summary>
    public bool Admit(QmpEvent monitorEvent)
    {
        if (monitorEvent.Name is not ("SHUTDOWN" or "GUEST_PANICKED" or "MIGRATION"))
        {
            return false;
        }

        if (Interlocked.Increment(ref _waiting) <= MostWaiting)
        {
            return true;
        }

        Taken();
        return false;
    }

    /// <summary>The actor has received an admitted event.</summary>
    public void Taken() => Interlocked.Decrement(ref _waiting);
}
