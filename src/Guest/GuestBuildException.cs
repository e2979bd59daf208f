namespace KataActors.Guest;

/// <summary>A guest image cannot be built from the given input; the message names the subject and the cause.</summary>
public sealed class GuestBuildException(string message) : Exception(message);
