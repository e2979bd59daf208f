namespace KataActors.Runtime.Hosting;

/// <summary>The daemon cannot start or go on; the message says why, for the user.</summary>
public sealed class StartupException(string message, Exception? cause = null) : Exception(message, cause);
