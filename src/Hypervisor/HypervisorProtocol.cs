using System.Collections.Immutable;
using System.Runtime.InteropServices;
using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>
/// Messages of a <see cref="HypervisorActor"/>. Each command gets exactly one reply: its own record, or a <see cref="HypervisorFailure"/>
/// that holds the command.
/// </summary>
public static class HypervisorProtocol
{
    /// <summary>A message that asks for something.</summary>
    public interface ICommand;

    /// <summary>Start a VMM. Replies <see cref="Launched"/>.</summary>
    /// <param name="Config">What to start.</param>
    /// <param name="NetworkNamespace">
    /// The network namespace to start it in; null for a new one with nothing in it. It stays the sender's, who keeps it open until the reply.
    /// </param>
    public sealed record Launch(VmConfig Config, SafeHandle? NetworkNamespace) : ICommand;

    /// <summary>
    /// QEMU runs, and both its sockets take connections. It may still find fault with its command line; that comes as
    /// <see cref="VmmDied"/>, with its words.
    /// </summary>
    /// <param name="Vmm">The process.</param>
    public sealed record Launched(ProcessIdentity Vmm);

    /// <summary>
    /// Take over a VMM that runs. Replies <see cref="Adopted"/>. The failure <see cref="HypervisorFailureKind.NotFound"/> means that it is
    /// gone. Any other means that the process is there but its monitor is another VM's, or that <see cref="Stop"/> came: it is watched from then on,
    /// and <see cref="Stop"/> ends it. As long as this host cannot look at the process, or its monitor does not answer, there is no reply, and it is
    /// tried again; <see cref="Stop"/> ends a process that can be looked at, whether its monitor answers or not.
    /// </summary>
    /// <param name="Config">What was started.</param>
    /// <param name="Vmm">The process, and the boot in which it ran.</param>
    public sealed record Adopt(VmConfig Config, ProcessIdentity Vmm) : ICommand;

    /// <summary>The VMM is ours again.</summary>
    /// <param name="Vmm">The process.</param>
    /// <param name="Status">QEMU's run state, such as <c>running</c> or <c>paused</c>.</param>
    public sealed record Adopted(ProcessIdentity Vmm, string Status);

    /// <summary>Which host threads run the vCPUs? Replies <see cref="VcpuThreads"/>; waits for the monitor after a launch.</summary>
    public sealed record QueryVcpus : ICommand;

    /// <summary>Thread ids in the order of the vCPUs, each once.</summary>
    public sealed record VcpuThreads(ImmutableArray<int> Tids);

    /// <summary>
    /// Plug or unplug vCPUs until the VM has so many, or as many as it has places for; under translation they are plugged only. Replies <see cref="VcpusSet"/>, also when the guest or QEMU did not go along; a failure means
    /// that not even the threads are known. One at a time.
    /// </summary>
    /// <param name="Count">How many; no fewer than those of the command line.</param>
    public sealed record SetVcpus(int Count) : ICommand;

    /// <summary>What there is after a <see cref="SetVcpus"/>.</summary>
    /// <param name="Tids">The threads of all vCPUs, asked for after the change.</param>
    /// <param name="Shortfall">Why there are more or fewer than were asked for; null when there are not.</param>
    public sealed record VcpusSet(ImmutableArray<int> Tids, string? Shortfall);

    /// <summary>Event for the parent of a launched clone: it has woken up, and its guest runs on. Then, or <see cref="RestoreFailed"/>, or <see cref="VmmDied"/>.</summary>
    public sealed record Restored;

    /// <summary>
    /// Event for the parent of a launched clone, at most once: it cannot wake up as what was saved. The process may still be there; <see cref="Stop"/>
    /// ends it.
    /// </summary>
    /// <param name="Reason">Why, in words.</param>
    public sealed record RestoreFailed(string Reason);

    /// <summary>
    /// Save the VM as the template that it was started to become. Replies <see cref="TemplateSaved"/>; the vCPUs stand still from then on, and
    /// <see cref="Stop"/> is what is left to do.
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
    /// End the VMM, by ever harsher means, also one that is still being launched. Replies <see cref="Stopped"/>, also when there is none.
    /// </summary>
    public sealed record Stop : ICommand
    {
        /// <summary>With SIGKILL at once: the VM hangs, and would only cost the time of the gentler means.</summary>
        public bool IsUrgent { get; init; }
    }

    /// <summary>The VMM is gone.</summary>
    public sealed record Stopped;

    /// <summary>
    /// Event for the parent, at most once: the VMM has died without <see cref="Stop"/>. All that it held is gone with it.
    /// </summary>
    /// <param name="Reason">How and why, in words.</param>
    public sealed record VmmDied(string Reason);
}
