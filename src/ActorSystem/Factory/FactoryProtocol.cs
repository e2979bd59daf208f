using KataActors.Hypervisor;
using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>Messages of the <see cref="FactoryActor"/>.</summary>
internal static class FactoryProtocol
{
    /// <summary>
    /// A VM is wanted. Replies <see cref="VmGranted"/> or a <see cref="Failure"/>, perhaps after a wait for a template or for other VMs' boots,
    /// which has a deadline. The asker tells <see cref="BootEnded"/> for every grant, and <see cref="VmTaken"/> or <see cref="EndVm"/> for one of a VM that runs: when it
    /// stops without, the VM is ended.
    /// </summary>
    /// <param name="Identity">Name, uuid and run directory of the sandbox.</param>
    /// <param name="Vcpus">vCPUs wanted.</param>
    /// <param name="MemoryMib">Memory wanted, in MiB.</param>
    /// <param name="CloneFailure">Why the clone that was granted before is of no use, so that it must be a cold boot now; null on the first request.</param>
    public sealed record RequestVm(VmIdentity Identity, uint Vcpus, uint MemoryMib, string? CloneFailure = null);

    /// <summary>How the sandbox gets its VM.</summary>
    /// <param name="Source">One of <see cref="VmSources"/>.</param>
    /// <param name="Config">What to launch; or what runs already.</param>
    /// <param name="Running">The VM that waited in the pool; null when one is to be launched.</param>
    public sealed record VmGranted(string Source, VmConfig Config, RunningVm? Running = null);

    /// <summary>The boot of a granted VM is over, well or not: another one may begin.</summary>
    public sealed record BootEnded(Guid Sandbox);

    /// <summary>A VM of the pool is the sandbox's own now: its run directory is the sandbox's, and the journal knows its uuid. No reply.</summary>
    public sealed record VmTaken(Guid Vm);

    /// <summary>A sandbox was given a VM of the pool and cannot keep it: end it, and remove its cgroup and its run directory here. No reply.</summary>
    public sealed record EndVm(Guid Vm);

    /// <summary>How was a VM of that identity and size started? Replies <see cref="VmDescribed"/> or a <see cref="Failure"/>, at once.</summary>
    public sealed record DescribeVm(VmIdentity Identity, uint Vcpus, uint MemoryMib);

    /// <summary>What takes such a VM over again.</summary>
    public sealed record VmDescribed(VmConfig Config);

    /// <summary>Tell the state of the factory. Changes nothing. Replies <see cref="FactoryStatus"/>.</summary>
    public sealed record GetStatus;

    /// <summary>
    /// See to it that there is a template. Replies <see cref="TemplateProgress"/> as soon as the step differs from the one that the asker knows, or a
    /// <see cref="Failure"/>.
    /// </summary>
    /// <param name="KnownStep">The step that the asker was told last; empty at first.</param>
    public sealed record InitTemplate(string KnownStep);

    /// <summary>Where the making of the template is.</summary>
    /// <param name="Step">In words.</param>
    /// <param name="Done">There is a template.</param>
    /// <param name="Made">It was made for this asker's command, and not there before.</param>
    public sealed record TemplateProgress(string Step, bool Done, bool Made);

    /// <summary>Remove the template and the pool, when no clone is just starting. Replies <see cref="FactoryDestroyed"/> or a <see cref="Failure"/>.</summary>
    public sealed record DestroyFactory;

    /// <summary>The daemon is about to end: serve nobody any more, and end the VMs that no sandbox has taken. Replies <see cref="PoolEnded"/>.</summary>
    public sealed record EndPool;

    /// <summary>No VM of the pool is left.</summary>
    public sealed record PoolEnded;

    /// <summary>Nothing of the factory is left.</summary>
    /// <param name="HadTemplate">There was a template.</param>
    public sealed record FactoryDestroyed(bool HadTemplate);
}

/// <summary>What makes one VM different from every other.</summary>
internal sealed record VmIdentity(string HostName, Guid Uuid, string RunDirectory);

/// <summary>A VM of the pool.</summary>
/// <param name="Process">Its QEMU, whose uuid and sockets are the granted configuration's once <paramref name="Directory"/> has been moved.</param>
/// <param name="Directory">Its run directory, which becomes the sandbox's by being renamed.</param>
internal sealed record RunningVm(ProcessIdentity Process, string Directory);

/// <summary>Where VMs come from; the words that <c>sandbox inspect</c> shows and the journal keeps.</summary>
internal static class VmSources
{
    /// <summary>Booted for the sandbox.</summary>
    public const string Cold = "cold";

    /// <summary>A clone of the template.</summary>
    public const string Template = "template";

    /// <summary>It was ready and waiting.</summary>
    public const string Pool = "pool";
}
