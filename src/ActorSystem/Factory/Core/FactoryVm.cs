using KataActors.Linux;

namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// A VM without a sandbox. It is in one state at a time, so it can be granted only once.
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
    /// <summary>Whether it counts as a pool VM: it boots, waits or ends.</summary>
    public bool IsPooled => this is Booting or Waiting or Ending;

    /// <summary>Whether its guest has been ready.</summary>
    public bool HasBooted => this is Waiting or Ending { Source: null };

    /// <summary>The source of its boot, one of <see cref="VmSources"/>; null when it does not boot.</summary>
    public string? BootSource => this switch
    {
        Booting booting => booting.Source,
        Ending ending => ending.Source,
        _ => null,
    };

    /// <summary>It boots for the pool.</summary>
    /// <param name="Uuid">QEMU's uuid.</param>
    /// <param name="Source">One of <see cref="VmSources"/>.</param>
    public sealed record Booting(Guid Uuid, string Source) : FactoryVm(Uuid);

    /// <summary>It is paused, ready to be granted.</summary>
    /// <param name="Config">Its configuration, with the pool's run directory.</param>
    /// <param name="Process">Its QEMU.</param>
    public sealed record Waiting(VmConfig Config, ProcessIdentity Process) : FactoryVm(Config.Uuid);

    /// <summary>It is granted to a sandbox that has not taken it over yet.</summary>
    /// <param name="Uuid">QEMU's uuid.</param>
    /// <param name="Sandbox">The sandbox's uuid.</param>
    /// <param name="Requester">The sandbox's actor; it is watched.</param>
    public sealed record Granted(Guid Uuid, Guid Sandbox, Requester Requester) : FactoryVm(Uuid);

    /// <summary>Its actor was told to end it.</summary>
    /// <param name="Uuid">QEMU's uuid.</param>
    /// <param name="Source">The source of its unfinished boot; null when it was ready.</param>
    public sealed record Ending(Guid Uuid, string? Source) : FactoryVm(Uuid);

    /// <summary>It has no actor and no sandbox: a teardown is under way.</summary>
    /// <param name="Uuid">QEMU's uuid.</param>
    /// <param name="IsOfEarlierDaemon">Whether it was found at the start; the first attempt to end it precedes all service.</param>
    public sealed record Orphaned(Guid Uuid, bool IsOfEarlierDaemon) : FactoryVm(Uuid)
    {
        /// <summary>Whether an attempt has failed: further ones are not awaited.</summary>
        public bool IsDelayed { get; init; }
    }
}
