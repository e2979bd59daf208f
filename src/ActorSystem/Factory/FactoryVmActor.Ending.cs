using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using static KataActors.Runtime.Factory.FactoryVmProtocol;

namespace KataActors.Runtime.Factory;

// The end of a VM that nobody has taken: QEMU, then its cgroup, then its run directory, which names both.
internal sealed partial class FactoryVmActor
{
    // Stopping QEMU.
    private void Ending(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.Stopped:
                EndGroup();
                break;
            case HypervisorFailure { Command: HypervisorProtocol.Stop } failure:
                Leave($"QEMU of a factory VM could not be stopped: {failure.Message}");
                break;
            case Overdue:
                EndByUuid();
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_hypervisor):
                EndByUuid();
                break;
            case Failed failed:
                Leave($"QEMU of a factory VM could not be ended: {failed.Reason}");
                break;
            default:
                // What the outside answers to questions of before.
                break;
        }
    }

    private void EndingGroup(object message)
    {
        switch (message)
        {
            case CgroupProtocol.Destroyed or CgroupFailure { Command: CgroupProtocol.Destroy, Kind: CgroupFailureKind.Unimplemented }:
                RemoveDirectory();
                break;
            case CgroupFailure { Command: CgroupProtocol.Destroy } failure:
                Leave($"the cgroup of a factory VM is left: {failure.Message}");
                break;
            case Overdue overdue:
                Leave($"the cgroup of a factory VM is left: {overdue.What}");
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_cgroup):
                Leave("the cgroup of a factory VM is left: its actor failed");
                break;
            default:
                // What the outside answers to questions of before.
                break;
        }
    }

    private void EndingDirectory(object message)
    {
        switch (message)
        {
            case Removed:
                Conclude();
                break;
            case Failed failed:
                Leave($"the run directory \"{_config.RunDirectory}\" is left: {failed.Reason}");
                break;
            case Overdue overdue:
                Leave($"the run directory \"{_config.RunDirectory}\" is left: {overdue.What}");
                break;
            default:
                // What the outside answers to questions of before.
                break;
        }
    }

    private void Finish(string reason)
    {
        _end = new Lost(_config.Uuid, reason);
        StopVmm();
    }

    private void StopVmm()
    {
        Expect("QEMU was not stopped", _deadlines.Stop);
        Become(Ending);
        if (Context.Child(_hypervisor.Path.Name).Equals(_hypervisor))
        {
            _hypervisor.Tell(new HypervisorProtocol.Stop());
        }
        else
        {
            EndByUuid();
        }
    }

    private void EndByUuid()
    {
        Timers.CancelAll();
        VmmFinder.EndAsync(_config.Uuid, _config.QemuPath).PipeTo(Self, success: () => new HypervisorProtocol.Stopped(), failure: e => new Failed(e.Message));
    }

    private void EndGroup()
    {
        if (_cgroup.IsNobody())
        {
            RemoveDirectory();
            return;
        }

        if (Context.Child(_cgroup.Path.Name).IsNobody())
        {
            MakeCgroupActor();
        }

        Expect("it was not removed", _deadlines.Group);
        Become(EndingGroup);
        _cgroup.Tell(new CgroupProtocol.Destroy());
    }

    private void RemoveDirectory()
    {
        var directory = _config.RunDirectory;
        Expect("it was not removed", _deadlines.Group);
        Become(EndingDirectory);
        Task.Run(() => FactoryDirectory.Remove(directory)).PipeTo(Self, success: () => new Removed(), failure: e => new Failed(e.Message));
    }

    // The run directory stays with it: the parent, or the next daemon, tries again what it names.
    private void Leave(string what)
    {
        _log.Error("{0}", what);
        _end = _end is Lost lost ? lost with { IsLeft = true } : _end;
        Conclude();
    }

    private void Conclude()
    {
        Context.Parent.Tell(_end);
        Context.Stop(Self);
    }
}
