using Akka.Actor;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The address of the requester of one effect: whatever is sent to it comes to the SandboxActor as the <see cref="Done"/> of that effect, in the order in
/// which it was sent. It needs no end: it is a value that names the actor and the effect.
/// </summary>
internal sealed class ReplyAddress(IActorRef shell, EffectId id) : MinimalActorRef
{
    /// <inheritdoc/>
    public override ActorPath Path { get; } = shell.Path / $"effect-{id.Operation.Number}-{id.Serial}";

    /// <inheritdoc/>
    public override IActorRefProvider Provider => ((IInternalActorRef)shell).Provider;

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender) => shell.Tell(new Done(id, message), sender);
}
