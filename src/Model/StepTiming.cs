namespace KataActors.Model;

/// <summary>One step of a creation: its start, counted from the start of the command, and its duration.</summary>
public sealed record StepTiming(string Step, TimeSpan Start, TimeSpan Duration);
