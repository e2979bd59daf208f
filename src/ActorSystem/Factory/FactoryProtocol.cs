using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>Messages of the <see cref="FactoryActor"/>.</summary>
internal static class FactoryProtocol
{
    /// <summary>
    /// Request a VM. Replies <see cref="VmGranted"/> or a <see cref="Failure"/>, perhaps after a bounded wait for a template or for other boots. The
    /// requester tells <see cref="BootEnded"/> for every grant, and <see cref="VmTaken"/> or <see cref="EndVm"/> for the grant of a running VM. If it
    /// stops without, the VM is ended.
    /// </summary>
    /// <param name="Identity">Name, uuid and run directory of the sandbox.</param>
    /// <param name="Vcpus">Requested vCPUs.</param>
    /// <param name="MemoryMib">Requested memory, in MiB.</param>
    /// <param name="CloneFailure">Why the clone or pool VM granted before has failed, so that a cold boot must follow; null in a first
    /// request.</param>
    public sealed record RequestVm(VmIdentity Identity, uint Vcpus, uint MemoryMib, string? CloneFailure = null);

    /// <summary>The grant of a VM.</summary>
    /// <param name="Source">One of <see cref="VmSources"/>.</param>
    /// <param name="Config">The VM to launch, or the running one.</param>
    /// <param name="Running">The running pool VM; null for a VM to launch.</param>
    public sealed record VmGranted(string Source, VmConfig Config, RunningVm? Running = null);

    /// <summary>The boot of a granted VM is over, successful or not: another one may begin.</summary>
    public sealed record BootEnded(Guid Sandbox);

    /// <summary>A sandbox has taken over its pool VM: the run directory is the sandbox's, and the uuid is journaled. No reply.</summary>
    public sealed record VmTaken(Guid Vm);

    /// <summary>A sandbox cannot keep its pool VM: end it, and remove its cgroup and run directory in the pool. No reply.</summary>
    public sealed record EndVm(Guid Vm);

    /// <summary>Describe a VM of this identity and size. Replies <see cref="VmDescribed"/> or a <see cref="Failure"/>, at once.</summary>
    public sealed record DescribeVm(VmIdentity Identity, uint Vcpus, uint MemoryMib);

    /// <summary>The configuration for the adoption of such a VM.</summary>
    public sealed record VmDescribed(VmConfig Config);

    /// <summary>Tell the state of the factory. Changes nothing. Replies <see cref="FactoryStatus"/>.</summary>
    public sealed record GetStatus;

    /// <summary>
    /// Provide a template. Replies <see cref="TemplateProgress"/> as soon as the step differs from the known one, or a <see cref="Failure"/>.
    /// </summary>
    /// <param name="KnownStep">The last step that the requester was told; empty at first.</param>
    public sealed record InitTemplate(string KnownStep);

    /// <summary>The progress of the template.</summary>
    /// <param name="Step">The current step, in words.</param>
    /// <param name="Done">Whether there is a template.</param>
    /// <param name="Made">Whether it was made for this command, and not there before.</param>
    public sealed record TemplateProgress(string Step, bool Done, bool Made);

    /// <summary>
    /// Remove the template and the pool, once no clone is starting. Replies <see cref="FactoryDestroyed"/> or a <see cref="Failure"/>.
    /// </summary>
    public sealed record DestroyFactory;

    /// <summary>
    /// The daemon is about to end: serve no more requests, and end the VMs that no sandbox has taken over. Replies <see cref="PoolEnded"/>.
    /// </summary>
    public sealed record EndPool;

    /// <summary>No pool VM is left.</summary>
    public sealed record PoolEnded;

    /// <summary>The template and the pool are gone.</summary>
    /// <param name="HadTemplate">Whether there was a template.</param>
    public sealed record FactoryDestroyed(bool HadTemplate);
}

/// <summary>The identity of a VM.</summary>
internal sealed record VmIdentity(string HostName, Guid Uuid, string RunDirectory);

/// <summary>A running pool VM.</summary>
/// <param name="Process">Its QEMU. The granted configuration describes it once <paramref name="Directory"/> has been moved.</param>
/// <param name="Directory">Its run directory; a rename makes it the sandbox's.</param>
internal sealed record RunningVm(ProcessIdentity Process, string Directory);

/// <summary>The sources of VMs, as shown by <c>sandbox inspect</c> and kept in the journal.</summary>
internal static class VmSources
{
    /// <summary>Booted for the sandbox.</summary>
    public const string Cold = "cold";

    /// <summary>A clone of the template.</summary>
    public const string Template = "template";

    /// <summary>Taken from the pool.</summary>
    public const string Pool = "pool";
}
