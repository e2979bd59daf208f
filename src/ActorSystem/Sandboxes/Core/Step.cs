using System.Collections.Immutable;
using Google.Protobuf;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>
/// The result of a decision. The shell persists the events, takes the state, carries out the effects and sends the replies, in this order: an intent
/// is journaled before its effect, a fact before its reply. Late events are persisted too, but effects and replies do not wait for them.
/// </summary>
internal sealed record Step(
    SandboxState State,
    ImmutableArray<IMessage> Events,
    ImmutableArray<IMessage> LateEvents,
    ImmutableArray<Effect> Effects,
    ImmutableArray<(RequesterId To, object Reply)> Replies,
    ImmutableArray<Remark> Remarks);

/// <summary>A line for the log.</summary>
/// <param name="IsError">Whether it is an error, else a warning.</param>
/// <param name="Text">A sentence.</param>
internal readonly record struct Remark(bool IsError, string Text);
