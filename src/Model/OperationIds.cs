namespace KataActors.Model;

/// <summary>A running operation of a sandbox; unique in the life of its actor.</summary>
public readonly record struct OperationId(int Number);

/// <summary>
/// An effect of an operation. It is returned with the reply, which distinguishes a stale reply, of a finished operation or a left stage, from a
/// current one.
/// </summary>
public readonly record struct EffectId(OperationId Operation, int Serial);

/// <summary>A requester; only the shell knows its address. The default value stands for none.</summary>
public readonly record struct RequesterId(int Number);
