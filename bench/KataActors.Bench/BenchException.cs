namespace KataActors.Bench;

/// <summary>Something could not be measured; the message says what and why.</summary>
internal sealed class BenchException(string message) : Exception(message);
