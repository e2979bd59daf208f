using System.Collections.Immutable;
using System.Runtime.InteropServices;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Hypervisor;

/// <summary>
/// Messages of a <see cref="HypervisorActor"/>. Each command gets exactly one reply: its own record, or a <see cref="HypervisorFailure"/>
/// that holds the command.
/// </summary>
public static class HypervisorProtocol
{
    /// <summary>A command.</summary>
    public interface ICommand;

    /// <summary>Start a VMM. Replies <see cref="Launched"/>.</summary>
    /// <param name="Config">The VM to start.</param>
    /// <param name="NetworkNamespace">
    /// The network namespace to start it in; null for a new empty one. The sender owns it and keeps it open until the reply.
    /// </param>
    public sealed record Launch(VmConfig Config, SafeHandle? NetworkNamespace) : ICommand;

    /// <summary>
    /// QEMU runs, and both its sockets take connections. It may still reject its command line; then <see cref="VmmDied"/>
    /// follows, with QEMU's message.
    /// </summary>
    /// <param name="Vmm">The process.</param>
    public sealed record Launched(ProcessIdentity Vmm);

    /// <summary>
    /// Take over a running VMM. Replies <see cref="Adopted"/>. The failure <see cref="FailureCode.NotFound"/> means that it is gone. Any other
    /// failure means that the process exists but its monitor is another VM's, or that <see cref="Stop"/> came: the process is watched from then on, and
    /// <see cref="Stop"/> ends it. While the process cannot be examined, or its monitor does not answer, there is no reply, and the adoption is retried;
    /// <see cref="Stop"/> ends a process that can be examined, even with a silent monitor.
    /// </summary>
    /// <param name="Config">The VM that was started.</param>
    /// <param name="Vmm">The process, and the boot in which it ran.</param>
    public sealed record Adopt(VmConfig Config, ProcessIdentity Vmm) : ICommand;

    /// <summary>The VMM is taken over.</summary>
    /// <param name="Vmm">The process.</param>
    /// <param name="Status">QEMU's run state, such as <c>running</c> or <c>paused</c>.</param>
    public sealed record Adopted(ProcessIdentity Vmm, string Status);

    /// <summary>Query the host threads of the vCPUs. Replies <see cref="VcpuThreads"/>; waits for the monitor after a launch.</summary>
    public sealed record QueryVcpus : ICommand;

    /// <summary>Thread ids in the order of the vCPUs, each once.</summary>
    public sealed record VcpuThreads(ImmutableArray<int> Tids);

    /// <summary>
    /// Plug or unplug vCPUs up to this number, or to the number of the VM's places; under translation vCPUs are never unplugged. Replies
    /// <see cref="VcpusSet"/>, also when the guest or QEMU did not comply; a failure means that not even the threads are known. One at a time.
    /// </summary>
    /// <param name="Count">The number of vCPUs; at least that of the command line.</param>
    public sealed record SetVcpus(int Count) : ICommand;

    /// <summary>The vCPUs after a <see cref="SetVcpus"/>.</summary>
    /// <param name="Tids">The threads of all vCPUs, queried after the change.</param>
    /// <param name="Shortfall">Why their number differs from the requested one; null when it does not.</param>
    public sealed record VcpusSet(ImmutableArray<int> Tids, string? Shortfall);

    /// <summary>Plug network interfaces into a VM that has none. Replies <see cref="InterfacesPlugged"/>.</summary>
    /// <param name="Interfaces">The interfaces, in the order in which the guest sees them.</param>
    public sealed record PlugInterfaces(ImmutableArray<TapInterface> Interfaces) : ICommand;

    /// <summary>A network interface of a VM.</summary>
    /// <param name="HardwareAddress">Its hardware address, as <c>02:00:00:00:00:01</c>.</param>
    /// <param name="Tap">The host's end. The sender owns it and keeps it open until the reply.</param>
    public sealed record TapInterface(string HardwareAddress, SafeFileHandle Tap);

    /// <summary>QEMU has the interfaces, and the guest will see them.</summary>
    public sealed record InterfacesPlugged;

    /// <summary>
    /// Event for the parent of a launched clone: the saved state is restored, and its guest runs. The alternatives are <see cref="RestoreFailed"/> and
    /// <see cref="VmmDied"/>.
    /// </summary>
    public sealed record Restored;

    /// <summary>
    /// Event for the parent of a launched clone, at most once: the saved state cannot be restored. The process may still run; <see cref="Stop"/>
    /// ends it.
    /// </summary>
    /// <param name="Reason">Why, in words.</param>
    public sealed record RestoreFailed(string Reason);

    /// <summary>
    /// Save the VM as the template for which it was started. Replies <see cref="TemplateSaved"/>; the vCPUs stand still from then on, and
    /// only <see cref="Stop"/> remains.
    /// </summary>
    public sealed record SaveTemplate : ICommand;

    /// <summary>Memory and state are in their files.</summary>
    public sealed record TemplateSaved;

    /// <summary>Stop the vCPUs. Replies <see cref="Paused"/>.</summary>
    public sealed record Pause : ICommand;

    /// <summary>The vCPUs stand still.</summary>
    public sealed record Paused;

    /// <summary>Let the vCPUs run. Replies <see cref="Resumed"/>.</summary>
    public sealed record Resume : ICommand;

    /// <summary>The vCPUs run.</summary>
    public sealed record Resumed;

    /// <summary>
    /// End the VMM, even during its launch, with escalation: quit, SIGTERM, SIGKILL. Replies <see cref="Stopped"/>, also when there is no VMM.
    /// </summary>
    public sealed record Stop : ICommand
    {
        /// <summary>Use SIGKILL at once, because the VM hangs and the gentler steps would only cost their time.</summary>
        public bool IsUrgent { get; init; }
    }

    /// <summary>The VMM is gone.</summary>
    public sealed record Stopped;

    /// <summary>
    /// Event for the parent, at most once: the VMM has died without <see cref="Stop"/>, and all of its resources are gone.
    /// </summary>
    /// <param name="Reason">How and why, in words.</param>
    public sealed record VmmDied(string Reason);
}
