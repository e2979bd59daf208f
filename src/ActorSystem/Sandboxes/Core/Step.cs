using System.Collections.Immutable;
using Google.Protobuf;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>
/// A decision. The shell persists the events, then takes the state, carries out the effects and sends the replies, in this order: an intent is
/// journaled before its effect, a fact before the reply that tells of it. Late events are persisted too, but nothing waits for that.
/// </summary>
internal sealed record Step(
    SandboxState State,
    ImmutableArray<IMessage> Events,
    ImmutableArray<IMessage> LateEvents,
    ImmutableArray<Effect> Effects,
    ImmutableArray<(RequesterId To, object Reply)> Replies,
    ImmutableArray<Remark> Remarks);

/// <summary>A line for the log.</summary>
/// <param name="IsError">An error, else a warning.</param>
/// <param name="Text">A sentence.</param>
internal readonly record struct Remark(bool IsError, string Text);
