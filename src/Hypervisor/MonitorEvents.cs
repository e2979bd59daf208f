using KataActors.Hypervisor.Qmp;

namespace KataActors.Hypervisor;

/// <summary>
/// Which of the monitor's events reach the actor: those that it acts on, and no more than a few at a time. QEMU, or the guest through it, may raise
/// thousands in a second. Thread-safe.
/// </summary>
internal sealed class MonitorEvents
{
    /// <summary>So many may wait for the actor; more come only from a QEMU that means ill, and are dropped.</summary>
    public const int MostWaiting = 64;

    private int _waiting;

    /// <summary>Whether an event is to be told to the actor, which calls <see cref="Taken"/> when it has it.</summary>
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

    /// <summary>One that was admitted waits no more.</summary>
    public void Taken() => Interlocked.Decrement(ref _waiting);
}
