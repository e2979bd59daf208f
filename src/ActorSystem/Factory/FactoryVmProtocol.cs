using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>Messages of a <see cref="FactoryVmActor"/> and its parent.</summary>
internal static class FactoryVmProtocol
{
    /// <summary>Event for the parent: QEMU was started, the guest boots.</summary>
    public sealed record Started(Guid Uuid);

    /// <summary>Event for the parent: the VM is being saved as a template.</summary>
    public sealed record Saving(Guid Uuid);

    /// <summary>Event for the parent: memory and state are in the template's files, and the VM is gone. The actor stops.</summary>
    public sealed record Saved(Guid Uuid);

    /// <summary>Event for the parent: the VM is paused, ready to be taken.</summary>
    public sealed record Held(VmConfig Config, ProcessIdentity Process);

    /// <summary>Event for the parent: the VM failed, or has died. The actor stops.</summary>
    public sealed record Lost(Guid Uuid, string Reason)
    {
        /// <summary>Whether a part of it is left; its run directory then stays as the record.</summary>
        public bool IsLeft { get; init; }
    }

    /// <summary>A sandbox takes the VM over, and will remove its present cgroups: let go of it. No reply; the actor stops.</summary>
    public sealed record Release;

    /// <summary>End the VM. The actor then reports <see cref="Lost"/>.</summary>
    public sealed record End(string Reason);
}

/// <summary>Deadlines of a <see cref="FactoryVmActor"/>.</summary>
/// <param name="Boot">For QEMU's start; again from there to the agent's first answer.</param>
internal sealed record FactoryVmDeadlines(TimeSpan Boot)
{
    /// <summary>For the hypervisor's whole escalation to stop QEMU; after it QEMU is ended by its uuid.</summary>
    public TimeSpan Stop { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For each other step of the teardown.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromSeconds(15);
}
