using KataActors.Hypervisor;
using KataActors.Linux;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>What the factory decides on: the commands of <see cref="FactoryProtocol"/>, and what its actors, its timers and the host tell.</summary>
internal abstract record FactoryInput
{
    /// <summary>The factory begins.</summary>
    public sealed record Begun : FactoryInput;

    /// <inheritdoc cref="RequestVm"/>
    public sealed record Request(RequestVm Command, Requester Requester) : FactoryInput;

    /// <summary>A sandbox's actor that waits for a VM, or was granted one, has stopped.</summary>
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

    /// <summary>The host was looked at.</summary>
    public sealed record HostSeen(HostLook Look) : FactoryInput;

    /// <summary>An orphaned VM could not be torn down, and is tried again.</summary>
    public sealed record OrphanDelayed(Guid Vm) : FactoryInput;

    /// <summary>Nothing of an orphaned VM is left, or nothing more is done about it.</summary>
    public sealed record OrphanGone(Guid Vm) : FactoryInput;

    /// <summary>The template's actor tells how it is now.</summary>
    public sealed record TemplateChanged(TemplateView View) : FactoryInput;

    /// <summary>The template's actor has stopped.</summary>
    public sealed record TemplateActorStopped : FactoryInput;

    /// <summary>The template's files were looked at.</summary>
    /// <param name="Look">Which look it was.</param>
    /// <param name="IsUnchanged">Whether they are as they were when the template was checked.</param>
    public sealed record TemplateSeen(int Look, bool IsUnchanged) : FactoryInput;

    /// <summary>A VM of the pool stands still, ready to be granted.</summary>
    public sealed record VmHeld(VmConfig Config, ProcessIdentity Process) : FactoryInput;

    /// <summary>A VM of the pool failed, has died, or was ended as its actor was told to.</summary>
    /// <param name="Vm">Its uuid.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="IsLeft">Something of it is left.</param>
    public sealed record VmLost(Guid Vm, string Reason, bool IsLeft) : FactoryInput;

    /// <summary>The actor of a VM of the pool has stopped.</summary>
    public sealed record VmActorStopped(Guid Vm) : FactoryInput;

    /// <summary>The time of a timer has come.</summary>
    public sealed record Elapsed(FactoryTimer Timer) : FactoryInput;
}

/// <summary>A timer of the factory; there is one of each value.</summary>
internal abstract record FactoryTimer
{
    /// <summary>A request has waited as long as it may.</summary>
    public sealed record QueueOverdue(Guid Sandbox) : FactoryTimer;

    /// <summary>A VM of the pool has waited for a while. That it was ready once says nothing: it may have died at once.</summary>
    public sealed record VmLasted(Guid Vm) : FactoryTimer;

    /// <summary>The pool may be filled again.</summary>
    public sealed record Refill : FactoryTimer;

    /// <summary>The size of the pool is reconsidered, again and again.</summary>
    public sealed record PoolTick : FactoryTimer;

    /// <summary>A template that could not be made is tried again.</summary>
    public sealed record MakeAgain : FactoryTimer;

    /// <summary>The factory should have been destroyed.</summary>
    public sealed record DestroyOverdue : FactoryTimer;
}
