namespace KataActors.Runtime.Hosting;

/// <summary>The daemon cannot start or continue; the message has the cause, for the user.</summary>
public sealed class StartupException(string message, Exception? cause = null) : Exception(message, cause);
