using KataActors.Hypervisor;
using KataActors.Linux;

namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// A VM that no sandbox owns yet. It is in one state at a time, so that it can be granted once only.
/// <code>
/// Booting ──▶ Waiting ──▶ Granted ──(taken)──▶ a sandbox's own
///    │           │           │ given back, or its requester stopped
///    └───────────┴▶ Ending   │
///                      │ left│
///                      └─────┴──▶ Orphaned ──▶ gone
/// </code>
/// </summary>
/// <param name="Uuid">QEMU's uuid.</param>
internal abstract record FactoryVm(Guid Uuid)
{
    /// <summary>Whether it counts as one of the pool: it is on its way there, in it, or on its way out.</summary>
    public bool IsPooled => this is Booting or Waiting or Ending;

    /// <summary>Whether its guest has been ready.</summary>
    public bool HasBooted => this is Waiting or Ending { Source: null };

    /// <summary>What is booting, one of <see cref="VmSources"/>; null when it is not.</summary>
    public string? BootSource => this switch
    {
        Booting booting => booting.Source,
        Ending ending => ending.Source,
        _ => null,
    };

    /// <summary>It is on its way into the pool.</summary>
    /// <param name="Uuid">QEMU's uuid.</param>
    /// <param name="Source">What boots: one of <see cref="VmSources"/>.</param>
    public sealed record Booting(Guid Uuid, string Source) : FactoryVm(Uuid);

    /// <summary>It stands still, ready to be granted.</summary>
    /// <param name="Config">It, with the pool's run directory.</param>
    /// <param name="Process">Its QEMU.</param>
    public sealed record Waiting(VmConfig Config, ProcessIdentity Process) : FactoryVm(Config.Uuid);

    /// <summary>A sandbox was given it, and has not taken possession of it yet.</summary>
    /// <param name="Uuid">QEMU's uuid.</param>
    /// <param name="Sandbox">The sandbox's uuid.</param>
    /// <param name="Requester">The sandbox's actor, which is watched.</param>
    public sealed record Granted(Guid Uuid, Guid Sandbox, Requester Requester) : FactoryVm(Uuid);

    /// <summary>Its actor was told to end it.</summary>
    /// <param name="Uuid">QEMU's uuid.</param>
    /// <param name="Source">What was booting; null when it was ready.</param>
    public sealed record Ending(Guid Uuid, string? Source) : FactoryVm(Uuid);

    /// <summary>It has no actor and no sandbox: it is being torn down, until nothing of it is left.</summary>
    /// <param name="Uuid">QEMU's uuid.</param>
    /// <param name="IsOfEarlierDaemon">It was found at the start; nothing is served before it was tried.</param>
    public sealed record Orphaned(Guid Uuid, bool IsOfEarlierDaemon) : FactoryVm(Uuid)
    {
        /// <summary>An attempt has failed: it is tried again, and not waited for.</summary>
        public bool IsDelayed { get; init; }
    }
}
