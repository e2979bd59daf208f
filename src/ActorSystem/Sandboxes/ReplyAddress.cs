using Akka.Actor;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The reply address of one effect. Every message to it reaches the SandboxActor as <see cref="Done"/> of that effect, in the order of sending. It
/// needs no cleanup: it only names the actor and the effect.
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
