using System.Collections.Immutable;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Collects all details of the sandbox: first of its cgroups, then of the guest. Details that do not come in time, and those of an ended VM, are
/// left out. Later inspections join.
/// </summary>
internal sealed record InspectSandbox(OperationId Id, ImmutableArray<RequesterId> Waiting) : Operation(Id)
{
    private const int LongestRelease = 128;
    private const int LongestMachineId = 32;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(1);

    private EffectId Current { get; init; }

    private bool AsksGuest { get; init; }

    private CgroupProtocol.Status? Cgroups { get; init; }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn) =>
        turn.Record.VmEnded ? End(turn, null) : Ask(turn, ResourceKind.Cgroup, new CgroupProtocol.GetStatus(), s_deadline);

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        Inspect inspect => this with { Waiting = Waiting.Add(inspect.Waiting) },
        Changed when turn.Record.VmEnded => End(turn, null),
        EffectEnded ended when ended.Id == Current && !AsksGuest => AskGuest(turn, (ended as Done)?.Reply as CgroupProtocol.Status),
        EffectEnded ended when ended.Id == Current => End(turn, ((ended as Done)?.Reply as AgentProtocol.Invoked)?.Response as GuestDetailsResponse),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        foreach (var waiting in Waiting)
        {
            turn.Reply(waiting, new Failure(FailureCode.Unavailable, $"cannot inspect sandbox \"{turn.Registration.Key.Id}\": {why}"));
        }
    }

    private Operation? AskGuest(Turn turn, CgroupProtocol.Status? cgroups)
    {
        var inspection = this with { Cgroups = cgroups, AsksGuest = true };
        return turn.Outside.AgentConnected
            ? inspection.Ask(turn, ResourceKind.Agent, new AgentProtocol.Invoke(null, new GuestDetailsRequest(), s_deadline), s_deadline * 2)
            : inspection.End(turn, null);
    }

    private InspectSandbox Ask(Turn turn, ResourceKind resource, object command, TimeSpan deadline)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(new AwaitedEffect.Ask(id, resource, command, deadline));
        return this with { Serial = Serial + 1, Current = id };
    }

    private Operation? End(Turn turn, GuestDetailsResponse? guest)
    {
        var (record, registration) = (turn.Record, turn.Registration);
        var cgroups = record.VmEnded ? null : Cgroups;
        var tids = record.VmEnded ? [] : turn.Seen.VcpuTids;
        var details = new SandboxDetails(
            record.ToSnapshot(),
            registration.HostName,
            registration.Uuid,
            tids,
            cgroups?.Paths ?? [],
            record.VmSource,
            record.Containers.GetValueOrDefault(record.Key.Id ?? "")?.Timings ?? [],
            [
                .. record.Containers.Values
                    .OrderBy(container => container.CreatedAt).ThenBy(container => container.Key.Id, StringComparer.Ordinal)
                    .Select(container => container.ToSnapshot(record.Key.Id!)),
            ],
            Actors: [], // The shell adds them.
            record.Reason,
            PrintableText.Of(guest?.KernelRelease, LongestRelease),
            record.Accelerator,
            tids.IsEmpty ? record.Vcpus : (uint)tids.Length,
            record.MemoryMib,
            guest?.AgentRssKib ?? 0,
            cgroups?.Limit?.QuotaUs ?? 0,
            (ulong)(cgroups?.Limit?.PeriodUs ?? 0))
        {
            Cgroup = cgroups,
            GuestMachineId = PrintableText.Of(guest?.MachineId, LongestMachineId),
        };
        foreach (var waiting in Waiting)
        {
            turn.Reply(waiting, details);
        }

        return null;
    }
}
