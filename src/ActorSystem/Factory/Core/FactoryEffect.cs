using System.Collections.Immutable;

namespace KataActors.Runtime.Factory.Core;

/// <summary>Work outside the core, as a value.</summary>
internal abstract record FactoryEffect
{
    /// <summary>Look for the remains of an earlier daemon. Ends with a <see cref="FactoryInput.HostSeen"/>.</summary>
    public sealed record LookAtHost : FactoryEffect;

    /// <summary>Tear down a VM until nothing is left. Ends with an <see cref="FactoryInput.OrphanGone"/>.</summary>
    public sealed record TearDown(Orphan Orphan) : FactoryEffect;

    /// <summary>Watch a requester. Its end is a <see cref="FactoryInput.RequesterGone"/>.</summary>
    public sealed record Watch(Requester Requester, Guid Sandbox) : FactoryEffect;

    /// <summary>Stop watching a requester.</summary>
    public sealed record Unwatch(Requester Requester) : FactoryEffect;

    /// <summary>Start or restart a timer.</summary>
    /// <param name="Timer">The timer.</param>
    /// <param name="Span">From now.</param>
    public sealed record StartTimer(FactoryTimer Timer, TimeSpan Span) : FactoryEffect
    {
        /// <summary>Whether it repeats.</summary>
        public bool IsPeriodic { get; init; }
    }

    /// <summary>Cancel a timer.</summary>
    public sealed record CancelTimer(FactoryTimer Timer) : FactoryEffect;

    /// <summary>Start the template's actor, which begins with a check.</summary>
    public sealed record StartTemplateActor : FactoryEffect;

    /// <summary>A command to the template's actor.</summary>
    /// <param name="Command">A command of <see cref="TemplateProtocol"/>.</param>
    public sealed record TellTemplate(object Command) : FactoryEffect;

    /// <summary>Compare files with their stamps. Ends with a <see cref="FactoryInput.TemplateSeen"/>.</summary>
    /// <param name="Look">The number of the look.</param>
    /// <param name="Stamps">The expected stamps.</param>
    public sealed record LookAtTemplate(int Look, ImmutableArray<FileStamp> Stamps) : FactoryEffect;

    /// <summary>Boot a VM for the pool.</summary>
    public sealed record BootVm(VmConfig Config) : FactoryEffect;

    /// <summary>Release a granted pool VM.</summary>
    public sealed record ReleaseVm(Guid Vm) : FactoryEffect;

    /// <summary>End a pool VM. Ends with a <see cref="FactoryInput.VmLost"/>.</summary>
    public sealed record EndVm(Guid Vm, string Reason) : FactoryEffect;

    /// <summary>Complete a status with facts from the kernel and the files, and send it.</summary>
    public sealed record TellStatus(FactoryStatus Status, Requester Requester) : FactoryEffect;
}
