using Akka.Actor;
using KataActors.Oci;
using KataActors.Runtime.Containers;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// One create command under way. Steps run side by side; each flag is set once, and <see cref="SandboxActor"/> starts whatever has become
/// possible. It owns the descriptors until <see cref="HandOverDescriptors"/>.
/// </summary>
internal sealed class Creation(SandboxCommands.CreateContainer command, IActorRef requester, DescriptorSet descriptors, bool makesSandbox)
    : IDisposable
{
    private DescriptorSet _descriptors = descriptors;

    public string Id { get; } = command.Key.Id;

    public string GuestId { get; } = GuestPaths.IdOf(command.Key);

    public SandboxCommands.CreateContainer Command { get; } = command;

    public RuntimeSpec Spec => Command.Spec;

    public IActorRef Requester { get; } = requester;

    /// <summary>The network namespace that the spec names by path, if any; null after <see cref="HandOverDescriptors"/>.</summary>
    public SafeFileHandle? NetworkNamespace => _descriptors.NetworkNamespace;

    /// <summary>True for the first container, whose failure undoes the whole sandbox.</summary>
    public bool MakesSandbox { get; } = makesSandbox;

    public StepClock Steps { get; } = new();

    /// <summary>The agent has made the sandbox (the share is mounted).</summary>
    public bool SandboxInGuest { get; set; } = !makesSandbox;

    /// <summary>Root filesystem and bind sources are attached below the share.</summary>
    public bool Attached { get; set; }

    /// <summary>The agent was asked to create the container.</summary>
    public bool GuestAsked { get; set; }

    /// <summary>The agent has created the container.</summary>
    public bool InGuest { get; set; }

    /// <summary>The host cgroups were asked for.</summary>
    public bool CgroupAsked { get; set; }

    /// <summary>The host cgroups hold the threads and the limits.</summary>
    public bool CgroupApplied { get; set; }

    /// <summary>The fact is being recorded.</summary>
    public bool Recording { get; set; }

    /// <summary>All descriptors, which from now on are the caller's to close.</summary>
    public DescriptorSet HandOverDescriptors()
    {
        var handedOver = _descriptors;
        _descriptors = DescriptorSet.Empty;
        return handedOver;
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptors.Dispose();
}
