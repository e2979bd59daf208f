using Akka.Actor;
using static KataActors.Runtime.Sandboxes.SandboxCommands;

namespace KataActors.Runtime.Sandboxes;

// What is kept of a sandbox, and of the creations that its actor was given.
internal sealed partial class SandboxManagerActor
{
    private void Reserve(CreateContainer create, Entry owner)
    {
        var record = new ContainerRecord(create.Key, create.Spec, create.Bundle, create.StandIn, create.OwnerUid, DateTimeOffset.UtcNow) { RequestId = create.RequestId };
        _table.Put(owner.Registration.Uuid, record.ToSnapshot(owner.Registration.Key.Id));
        owner.Reservations[create.Key] = (create, Sender);
    }

    // What its actor has not taken in, let alone journaled, went with it.
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

        /// <summary>Whether its actor's journal is replayed.</summary>
        public bool HasRecovered { get; set; }

        /// <summary>How its next actor begins.</summary>
        public SandboxLife Life { get; set; } = SandboxLife.Revived;

        /// <summary>Whether its containers have been reported, or it began with none.</summary>
        public bool IsKnown { get; set; }

        /// <summary>Whether the register has it.</summary>
        public bool IsRegistered { get; set; }

        /// <summary>Whether its actor stops because the journal has all of it again.</summary>
        public bool IsReturning { get; set; }

        /// <summary>Creations of which its actor has not reported anything yet, and who asked.</summary>
        public Dictionary<ContainerKey, (CreateContainer Create, IActorRef Requester)> Reservations { get; } = [];

        /// <summary>Removals that wait for the next actor, and who asked.</summary>
        public List<(DeleteContainer Removal, IActorRef Asker)> Removals { get; } = [];
    }
}
