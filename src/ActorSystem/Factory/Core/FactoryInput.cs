using KataActors.Linux;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>One input of the factory: a command of <see cref="FactoryProtocol"/>, or news from its actors, its timers or the host.</summary>
internal abstract record FactoryInput
{
    /// <summary>The factory starts.</summary>
    public sealed record Begun : FactoryInput;

    /// <inheritdoc cref="RequestVm"/>
    public sealed record Request(RequestVm Command, Requester Requester) : FactoryInput;

    /// <summary>The actor of a sandbox with a waiting request or a granted VM has stopped.</summary>
    public sealed record RequesterGone(Guid Sandbox) : FactoryInput;

    /// <inheritdoc cref="BootEnded"/>
    public sealed record BootOver(Guid Sandbox) : FactoryInput;

    /// <inheritdoc cref="VmTaken"/>
    public sealed record Taken(Guid Vm) : FactoryInput;

    /// <inheritdoc cref="EndVm"/>
    public sealed record GivenBack(Guid Vm) : FactoryInput;

    /// <inheritdoc cref="DescribeVm"/>
    public sealed record Describe(DescribeVm Command, Requester Requester) : FactoryInput;

    /// <inheritdoc cref="GetStatus"/>
    public sealed record Status(Requester Requester) : FactoryInput;

    /// <inheritdoc cref="InitTemplate"/>
    public sealed record Init(string KnownStep, Requester Requester) : FactoryInput;

    /// <inheritdoc cref="DestroyFactory"/>
    public sealed record Destroy(Requester Requester) : FactoryInput;

    /// <inheritdoc cref="FactoryProtocol.EndPool"/>
    public sealed record EndPool(Requester Requester) : FactoryInput;

    /// <summary>The result of a look at the host.</summary>
    public sealed record HostSeen(HostLook Look) : FactoryInput;

    /// <summary>A teardown of an orphaned VM has failed, and is repeated.</summary>
    public sealed record OrphanDelayed(Guid Vm) : FactoryInput;

    /// <summary>The teardown of an orphaned VM is complete, or its actor has stopped.</summary>
    public sealed record OrphanGone(Guid Vm) : FactoryInput;

    /// <summary>The template's actor reports its state.</summary>
    public sealed record TemplateChanged(TemplateView View) : FactoryInput;

    /// <summary>The template's actor has stopped.</summary>
    public sealed record TemplateActorStopped : FactoryInput;

    /// <summary>The result of a look at the template's files.</summary>
    /// <param name="Look">The number of the look.</param>
    /// <param name="IsUnchanged">Whether the files are as in the template's check.</param>
    public sealed record TemplateSeen(int Look, bool IsUnchanged) : FactoryInput;

    /// <summary>A pool VM is paused, ready to be granted.</summary>
    public sealed record VmHeld(VmConfig Config, ProcessIdentity Process) : FactoryInput;

    /// <summary>A pool VM failed, died, or was ended on command.</summary>
    /// <param name="Vm">Its uuid.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="IsLeft">Whether a part of it is left.</param>
    public sealed record VmLost(Guid Vm, string Reason, bool IsLeft) : FactoryInput;

    /// <summary>The actor of a pool VM has stopped.</summary>
    public sealed record VmActorStopped(Guid Vm) : FactoryInput;

    /// <summary>A timer has elapsed.</summary>
    public sealed record Elapsed(FactoryTimer Timer) : FactoryInput;
}

/// <summary>A timer of the factory; there is one of each value.</summary>
internal abstract record FactoryTimer
{
    /// <summary>The deadline of a waiting request.</summary>
    public sealed record QueueOverdue(Guid Sandbox) : FactoryTimer;

    /// <summary>A pool VM has lasted for a while. Being ready once is not enough for that: it may die at once.</summary>
    public sealed record VmLasted(Guid Vm) : FactoryTimer;

    /// <summary>The end of the pause before the next pool VM.</summary>
    public sealed record Refill : FactoryTimer;

    /// <summary>The periodic review of the pool's size.</summary>
    public sealed record PoolTick : FactoryTimer;

    /// <summary>The next attempt to make a template.</summary>
    public sealed record MakeAgain : FactoryTimer;

    /// <summary>The deadline of a destruction.</summary>
    public sealed record DestroyOverdue : FactoryTimer;
}
