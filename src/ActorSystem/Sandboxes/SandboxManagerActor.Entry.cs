using Akka.Actor;
using static KataActors.Runtime.Sandboxes.SandboxCommands;

namespace KataActors.Runtime.Sandboxes;

// The manager's entry for a sandbox, and the creations that its actor has not reported.
internal sealed partial class SandboxManagerActor
{
    private void Reserve(CreateContainer create, Entry owner)
    {
        var record = new ContainerRecord(create.Key, create.Spec, create.Bundle, create.StandIn, create.OwnerUid, DateTimeOffset.UtcNow) { RequestId = create.RequestId };
        _table.Put(owner.Registration.Uuid, record.ToSnapshot(owner.Registration.Key.Id));
        owner.Reservations[create.Key] = (create, Sender);
    }

    // Creations that the stopped actor had received but not reported are lost.
    private void EndReservations(Entry entry)
    {
        foreach (var (key, (create, requester)) in entry.Reservations)
        {
            if (ReferenceEquals(_table.FindOwner(key), entry))
            {
                _table.RemoveContainer(key);
            }

            _descriptors.Release(create.Descriptors);
            requester.Tell(new Failure(FailureCode.Unavailable, $"cannot create container \"{key.Id}\": the actor of its sandbox has stopped"));
        }

        entry.Reservations.Clear();
    }

    private sealed class Entry(SandboxRegistration registration)
    {
        public SandboxRegistration Registration { get; } = registration;

        public IActorRef? Actor { get; set; }

        public SandboxSnapshot? Snapshot { get; set; }

        public int Lives { get; set; }

        /// <summary>Whether its actor has replayed the journal.</summary>
        public bool HasRecovered { get; set; }

        /// <summary>How its next actor begins.</summary>
        public SandboxLife Life { get; set; } = SandboxLife.Revived;

        /// <summary>Whether its containers have been reported, or it began with none.</summary>
        public bool IsKnown { get; set; }

        /// <summary>Whether it is in the register.</summary>
        public bool IsRegistered { get; set; }

        /// <summary>Whether its actor stops because the journal has the whole record again.</summary>
        public bool IsReturning { get; set; }

        /// <summary>Creations without a report from its actor, and their requesters.</summary>
        public Dictionary<ContainerKey, (CreateContainer Create, IActorRef Requester)> Reservations { get; } = [];

        /// <summary>Removals that wait for the next actor, and their requesters.</summary>
        public List<(DeleteContainer Removal, IActorRef Asker)> Removals { get; } = [];
    }
}
