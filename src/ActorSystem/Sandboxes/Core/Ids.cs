namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>A running operation of a sandbox; unique in the life of its actor.</summary>
internal readonly record struct OperationId(int Number);

/// <summary>
/// An effect of an operation. The reply to the effect comes back with it, so that a stale reply, of an operation that has ended or of a stage that was
/// left, is told from a current one.
/// </summary>
internal readonly record struct EffectId(OperationId Operation, int Serial);

/// <summary>A requester that waits for a reply; the shell knows its address. The default value stands for no requester.</summary>
internal readonly record struct RequesterId(int Number);
