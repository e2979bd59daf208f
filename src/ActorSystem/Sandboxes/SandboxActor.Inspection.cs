using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

// All details of the sandbox, for inspection.
internal sealed partial class SandboxActor
{
    private const int LongestRelease = 128;
    private const int LongestMachineId = 32;

    private static readonly TimeSpan s_inspectionTimeout = TimeSpan.FromSeconds(1);

    private readonly List<IActorRef> _inspections = [];

    private bool OnInspectionStep(object message)
    {
        switch (message)
        {
            case CgroupProtocol.Status status:
                InspectGuest(status);
                return true;
            case CgroupsSilent or CgroupFailure { Command: CgroupProtocol.GetStatus } when _inspections.Count > 0:
                InspectGuest(null);
                return true;
            case CgroupsSilent or CgroupFailure { Command: CgroupProtocol.GetStatus }:
                return true;
            case AgentProtocol.Invoked { Token: InspectionCall } answer:
                AnswerInspections(answer.Response as GuestDetailsResponse);
                return true;
            case AgentProtocol.InvokeFailed { Token: InspectionCall }:
                AnswerInspections(null);
                return true;
            default:
                return false;
        }
    }

    private void Inspect()
    {
        _inspections.Add(Sender);
        if (_inspections.Count > 1)
        {
            // Answered together with the inspection under way.
            return;
        }

        _cgroupStatus = null;
        if (_state.Record.VmEnded)
        {
            AnswerInspections(null);
            return;
        }

        Timers.StartSingleTimer(nameof(CgroupsSilent), new CgroupsSilent(), s_inspectionTimeout);
        Child(ResourceKind.Cgroup).Tell(new CgroupProtocol.GetStatus());
    }

    private void InspectGuest(CgroupProtocol.Status? status)
    {
        if (!Timers.IsTimerActive(nameof(CgroupsSilent)) && status is not null)
        {
            return;
        }

        Timers.Cancel(nameof(CgroupsSilent));
        _cgroupStatus = status;
        if (_agentConnected && !_state.Record.VmEnded)
        {
            Child(ResourceKind.Agent).Tell(new AgentProtocol.Invoke(new InspectionCall(), new GuestDetailsRequest(), s_inspectionTimeout));
        }
        else
        {
            AnswerInspections(null);
        }
    }

    private void AnswerInspections(GuestDetailsResponse? guest)
    {
        var details = new SandboxDetails(
            _state.Record.ToSnapshot(),
            _registration.HostName,
            _registration.Uuid,
            _state.Record.VmEnded ? [] : _state.Seen.VcpuTids,
            _state.Record.VmEnded ? [] : _cgroupStatus?.Paths ?? [],
            _state.Record.VmSource,
            _state.Record.Containers.GetValueOrDefault(_state.Record.Key.Id ?? "")?.Timings ?? [],
            [.. _state.Record.Containers.Values.OrderBy(container => container.CreatedAt).Select(container => container.ToSnapshot(_state.Record.Key.Id!))],
            [Self.Path.ToStringWithoutAddress(), .. Context.GetChildren().Select(child => child.Path.ToStringWithoutAddress()).Order(StringComparer.Ordinal)],
            _state.Record.Reason,
            PrintableText.Of(guest?.KernelRelease, LongestRelease),
            _state.Record.Accelerator,
            _state.Record.VmEnded || _state.Seen.VcpuTids.IsEmpty ? _state.Record.Vcpus : (uint)_state.Seen.VcpuTids.Length,
            _state.Record.MemoryMib,
            guest?.AgentRssKib ?? 0,
            _cgroupStatus?.Limit?.QuotaUs ?? 0,
            (ulong)(_cgroupStatus?.Limit?.PeriodUs ?? 0))
        {
            Cgroup = _state.Record.VmEnded ? null : _cgroupStatus,
            GuestMachineId = PrintableText.Of(guest?.MachineId, LongestMachineId),
        };
        foreach (var asker in _inspections)
        {
            asker.Tell(details);
        }

        _inspections.Clear();
    }

    private sealed record InspectionCall;

    private sealed record CgroupsSilent;
}
