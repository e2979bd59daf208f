using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryVmProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>
/// One VM that no sandbox owns yet: it boots (or wakes up as a clone), and when its agent has answered it is saved as a template, or held in the pool.
/// <code>
/// Starting ──Launched──▶ Booting ──agent answers──▶ Saving ──▶ Ending ──▶ (Saved)
///    │                      │ └────────────────────▶ Holding ──▶ Waiting ──Release──▶ (left to its sandbox)
///    └──────────────────────┴─ whatever fails, End ─▶ Ending ──▶ (Lost)
/// </code>
/// Its run directory, which bears the uuid, is made before QEMU and removed after it: what a killed daemon leaves is found by it.
/// </summary>
internal sealed class FactoryVmActor : UntypedActor, IWithTimers
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan s_prepareDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_saveDeadline = TimeSpan.FromSeconds(30);

    private readonly VmConfig _config;
    private readonly SandboxChildren _make;
    private readonly TimeSpan _bootDeadline;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef _hypervisor = ActorRefs.Nobody;
    private IActorRef _agent = ActorRefs.Nobody;
    private IActorRef _cgroup = ActorRefs.Nobody;
    private SafeHandle? _network;
    private ProcessIdentity? _process;
    private object _end = new();
    private bool _released;

    public FactoryVmActor(VmConfig config, SandboxChildren make, TimeSpan bootDeadline)
    {
        _config = config;
        _make = make;
        _bootDeadline = bootDeadline;
    }

    private bool BecomesTemplate => _config.Template is { Use: TemplateUse.Make };

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="config">The VM. Its run directory is not there yet.</param>
    /// <param name="make">How the children are made.</param>
    /// <param name="bootDeadline">From QEMU's start to the agent's first answer.</param>
    public static Props Props(VmConfig config, SandboxChildren make, TimeSpan bootDeadline) =>
        Akka.Actor.Props.Create(() => new FactoryVmActor(config, make, bootDeadline));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _hypervisor = Context.Watch(Context.ActorOf(_make.Hypervisor(), "hypervisor"));
        PrepareAsync(_config.RunDirectory).PipeTo(
            Self, success: network => new Prepared(network), failure: e => new Failed(e.Message));
    }

    /// <summary>Starting.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Prepared prepared:
                _network = prepared.Network;
                _hypervisor.Tell(new HypervisorProtocol.Launch(_config, _network));
                break;
            case HypervisorProtocol.Launched launched:
                _process = launched.Vmm;
                CloseNetwork();
                Boot();
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void Booting(object message)
    {
        switch (message)
        {
            case AgentProtocol.Connected:
                // What every container needs is done once, before the VM is saved or waits.
                _agent.Tell(new AgentProtocol.Invoke(null, new GuestDetailsRequest { Settle = true }, _bootDeadline));
                break;
            case AgentProtocol.InvokeFailed failed:
                Finish($"its agent did not settle: {failed.Failure.Message}");
                break;
            case AgentProtocol.Invoked when BecomesTemplate:
                Timers.StartSingleTimer(nameof(Overdue), new Overdue("it was not saved in time"), s_saveDeadline);
                Context.Parent.Tell(new Saving(_config.Uuid));
                _hypervisor.Tell(new HypervisorProtocol.SaveTemplate());
                Become(SavingTemplate);
                break;
            case AgentProtocol.Invoked { Response: GuestDetailsResponse }:
                // Without an id, which the sandbox that takes the VM gives it: the share is mounted then.
                _agent.Tell(new AgentProtocol.Invoke(null, new CreateSandboxRequest { Storages = { GuestShare.Storage() } }, _bootDeadline));
                break;
            case AgentProtocol.Invoked:
                // The sandbox that takes the VM connects on its own.
                Context.Unwatch(_agent);
                Context.Stop(_agent);
                _hypervisor.Tell(new HypervisorProtocol.QueryVcpus());
                Become(Holding);
                break;
            case AgentProtocol.ConnectFailed failed:
                Finish($"its agent did not answer: {failed.Failure.Message}");
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void SavingTemplate(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.TemplateSaved:
                Timers.CancelAll();
                _end = new Saved(_config.Uuid);
                StopVmm();
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void Holding(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.VcpuThreads threads:
                MoveToPool(threads.Tids);
                break;
            case CgroupProtocol.Applied:
                _hypervisor.Tell(new HypervisorProtocol.Pause());
                break;
            case CgroupFailure failure:
                _log.Debug("the cgroup of a pool VM: {0}", failure.Message);
                _hypervisor.Tell(new HypervisorProtocol.Pause());
                break;
            case HypervisorProtocol.Paused:
                Timers.CancelAll();
                Context.Parent.Tell(new Held(_config, _process!.Value));
                Become(Waiting);
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void Waiting(object message)
    {
        switch (message)
        {
            case Release:
                // The sandbox moves the VM into its own groups, and removes the one it was in then.
                _released = true;
                Context.Stop(Self);
                break;
            default:
                Otherwise(message);
                break;
        }
    }

    private void Ending(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.Stopped when _cgroup.IsNobody():
                RemoveDirectory();
                break;
            case HypervisorProtocol.Stopped:
                _cgroup.Tell(new CgroupProtocol.Destroy());
                break;
            case CgroupProtocol.Destroyed or CgroupFailure { Command: CgroupProtocol.Destroy, Kind: CgroupFailureKind.Unimplemented }:
                RemoveDirectory();
                break;
            case CgroupFailure { Command: CgroupProtocol.Destroy } failure:
                _log.Error("the cgroup of a factory VM is left: {0}", failure.Message);
                RemoveDirectory();
                break;
            case HypervisorFailure { Command: HypervisorProtocol.Stop } failure:
                _log.Error("QEMU of a factory VM could not be stopped: {0}", failure.Message);
                Conclude();
                break;
            case Failed failed:
                _log.Error("the run directory \"{0}\" is left: {1}", _config.RunDirectory, failed.Reason);
                Conclude();
                break;
            case Removed:
                Conclude();
                break;
            default:
                // What the outside answers to questions of before.
                break;
        }
    }

    private void Otherwise(object message)
    {
        switch (message)
        {
            case End end:
                Finish(end.Reason);
                break;
            case Overdue overdue:
                Finish(overdue.What);
                break;
            case Failed failed:
                Finish(failed.Reason);
                break;
            case HypervisorFailure failure:
                Finish(failure.Message);
                break;
            case HypervisorProtocol.RestoreFailed failed:
                Finish($"the template could not be restored: {failed.Reason}");
                break;
            case HypervisorProtocol.VmmDied died:
                Finish($"QEMU died: {died.Reason}");
                break;
            case Terminated terminated:
                Finish($"its actor \"{terminated.ActorRef.Path.Name}\" failed");
                break;
            case HypervisorProtocol.Restored or HypervisorProtocol.VcpuThreads or AgentProtocol.Connected or AgentProtocol.ConnectFailed or AgentProtocol.Invoked or AgentProtocol.InvokeFailed:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Boot()
    {
        Context.Parent.Tell(new Started(_config.Uuid));
        Timers.StartSingleTimer(nameof(Overdue), new Overdue($"its agent did not answer within {_bootDeadline.TotalSeconds:0.#} s"), _bootDeadline);
        _agent = Context.Watch(Context.ActorOf(_make.Agent(), "agent"));
        _agent.Tell(new AgentProtocol.Connect(_config.AgentSocket, _bootDeadline, Boots: true));
        Become(Booting);
    }

    private void MoveToPool(ImmutableArray<int> threads)
    {
        _cgroup = Context.ActorOf(_make.Cgroup(FactoryDirectory.CgroupOf(_config.Uuid), CgroupPlacement.Default), "cgroup");
        _cgroup.Tell(new CgroupProtocol.Apply(_process!.Value, threads, null));
    }

    private void Finish(string reason)
    {
        _end = new Lost(_config.Uuid, reason);
        StopVmm();
    }

    private void StopVmm()
    {
        Timers.CancelAll();
        Become(Ending);
        if (Context.Child(_hypervisor.Path.Name).Equals(_hypervisor))
        {
            _hypervisor.Tell(new HypervisorProtocol.Stop());
        }
        else
        {
            FactoryDirectory.EndVmmAsync(_config.Uuid).PipeTo(
                Self, success: () => new HypervisorProtocol.Stopped(), failure: e => new Failed(e.Message));
        }
    }

    private void Conclude()
    {
        Context.Parent.Tell(_end);
        Context.Stop(Self);
    }

    private void CloseNetwork()
    {
        _network?.Dispose();
        _network = null;
    }

    // Nothing that a VM without owner might do reaches the host's network.
    private static async Task<SafeHandle> PrepareAsync(string directory)
    {
        Directory.CreateDirectory(directory, OwnerOnly);
        return await IsolatedNetwork.CreateAsync(s_prepareDeadline).ConfigureAwait(false);
    }

    private void RemoveDirectory()
    {
        var directory = _config.RunDirectory;
        Task.Run(() => FactoryDirectory.Remove(directory)).PipeTo(Self, success: () => new Removed(), failure: e => new Failed(e.Message));
    }

    /// <summary>Without its actor, the VM would be nobody's: it ends with it, unless a sandbox has it.</summary>
    protected override void PostStop()
    {
        CloseNetwork();
        if (!_released && _process is { } process)
        {
            using var pidfd = Pidfd.TryOpen(process);
            pidfd?.Signal(Signals.SIGKILL);
        }
    }

    private sealed record Prepared(SafeHandle Network);

    private sealed record Failed(string Reason);

    private sealed record Removed;

    private sealed record Overdue(string What);
}
