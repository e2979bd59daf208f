using System.Collections.Immutable;
using KataActors.Hypervisor;

namespace KataActors.Runtime.Factory.Core;

/// <summary>Work outside the core, as a value.</summary>
internal abstract record FactoryEffect
{
    /// <summary>Look what an earlier daemon has left. Ends with a <see cref="FactoryInput.HostSeen"/>.</summary>
    public sealed record LookAtHost : FactoryEffect;

    /// <summary>Tear down a VM until nothing of it is left. Ends with an <see cref="FactoryInput.OrphanGone"/>.</summary>
    public sealed record TearDown(Orphan Orphan) : FactoryEffect;

    /// <summary>Tell when a requester stops (<see cref="FactoryInput.RequesterGone"/>).</summary>
    public sealed record Watch(Requester Requester, Guid Sandbox) : FactoryEffect;

    /// <summary>No matter any more when a requester stops.</summary>
    public sealed record Unwatch(Requester Requester) : FactoryEffect;

    /// <summary>Set a timer, or set it anew.</summary>
    /// <param name="Timer">Which one.</param>
    /// <param name="Span">From now.</param>
    public sealed record StartTimer(FactoryTimer Timer, TimeSpan Span) : FactoryEffect
    {
        /// <summary>It comes again and again.</summary>
        public bool IsPeriodic { get; init; }
    }

    /// <summary>A timer is not wanted any more.</summary>
    public sealed record CancelTimer(FactoryTimer Timer) : FactoryEffect;

    /// <summary>Make the template's actor, which begins with a check.</summary>
    public sealed record StartTemplateActor : FactoryEffect;

    /// <summary>A command to the template's actor.</summary>
    /// <param name="Command">One of <see cref="TemplateProtocol"/>.</param>
    public sealed record TellTemplate(object Command) : FactoryEffect;

    /// <summary>Look whether files are what they were. Ends with a <see cref="FactoryInput.TemplateSeen"/>.</summary>
    /// <param name="Look">Which look it is.</param>
    /// <param name="Stamps">As they were.</param>
    public sealed record LookAtTemplate(int Look, ImmutableArray<FileStamp> Stamps) : FactoryEffect;

    /// <summary>Boot a VM for the pool.</summary>
    public sealed record BootVm(VmConfig Config) : FactoryEffect;

    /// <summary>Let go of a VM of the pool that was granted.</summary>
    public sealed record ReleaseVm(Guid Vm) : FactoryEffect;

    /// <summary>End a VM of the pool. Ends with a <see cref="FactoryInput.VmLost"/>.</summary>
    public sealed record EndVm(Guid Vm, string Reason) : FactoryEffect;

    /// <summary>Complete a status with what the kernel and the files tell, and send it.</summary>
    public sealed record TellStatus(FactoryStatus Status, Requester Requester) : FactoryEffect;
}
