using System.Collections.Immutable;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The names under which the resources of a sandbox may be found. Without a record, the note in the run directory tells them.</summary>
/// <param name="registration">The sandbox.</param>
/// <param name="record">Its record; may be empty.</param>
/// <param name="note">Its note, as far as it was read.</param>
internal readonly struct SandboxNames(SandboxRegistration registration, SandboxRecord record, SandboxNote? note)
{
    /// <summary>The present or former pool VM; null for none.</summary>
    public Guid? PoolVm => record.PoolUuid ?? (note is not null && note.VmUuid != registration.Uuid ? note.VmUuid : null);

    /// <summary>The placement of the cgroups.</summary>
    public CgroupPlacement Cgroups => note?.Cgroups ?? (record.Exists ? record.Cgroups : CgroupPlacement.Default with { Owner = registration.Uuid });

    /// <summary>All uuids under which a VM of the sandbox may run: a pool VM, or its cold successor, may be in use before it is recorded.</summary>
    /// <param name="vm">The VM in use; null for none.</param>
    public ImmutableArray<Guid> VmUuids(VmConfig? vm)
    {
        var recorded = record.Exists ? record.VmUuid : note?.VmUuid ?? registration.Uuid;
        return [.. new[] { registration.Uuid, recorded, vm?.Uuid ?? recorded }.Distinct()];
    }
}
