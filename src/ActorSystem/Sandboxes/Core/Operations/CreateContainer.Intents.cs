using Google.Protobuf;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

// The intents of a creation.
internal sealed partial record CreateContainer
{
    private ContainerCreateBegun ContainerIntent(Turn turn) => new()
    {
        Id = Container,
        Spec = ByteString.CopyFrom(Command.Container.SpecBytes.Span),
        Bundle = Command.Container.Bundle,
        StandIn = new ProcessRecord { Pid = Command.Container.StandIn.Pid, StartTime = Command.Container.StandIn.StartTime },
        OwnerUid = Command.Container.OwnerUid,
        CreatedUnixNs = JournalTime.ToUnixNs(turn.Now),
        RequestId = Command.Container.RequestId,
    };

    private SandboxCreateBegun SandboxIntent(Turn turn)
    {
        var registration = turn.Registration;
        var groups = turn.Settings.Cgroups.Place(Spec, registration.Uuid);
        return new SandboxCreateBegun
        {
            Root = registration.Key.Root,
            Id = registration.Key.Id,
            HostName = registration.HostName,
            Uuid = registration.Uuid.ToString(),
            BootId = turn.Outside.BootId,
            Vcpus = turn.Settings.Vm.Vcpus,
            MemoryMib = turn.Settings.Vm.MemoryMib,
            CreatedUnixNs = JournalTime.ToUnixNs(turn.Now),
            Cgroups = new CgroupRecord
            {
                Parent = groups.Parent,
                Overhead = groups.Overhead,
                SandboxOnly = groups.SandboxOnly,
                Name = groups.Name ?? "",
                Owner = groups.Owner.ToString(),
            },
        };
    }
}
