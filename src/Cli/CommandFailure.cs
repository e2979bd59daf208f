namespace KataActors.Cli;

/// <summary>Ends the command: the message goes to stderr and the log, the code becomes the exit code.</summary>
internal class CommandFailure(string message, int exitCode = CommandFailure.Failed, Exception? cause = null) : Exception(message, cause)
{
    public const int Failed = 1;
    public const int Usage = 2;

    public int ExitCode { get; } = exitCode;

    /// <summary>The command line itself is wrong.</summary>
    public static CommandFailure OfUsage(string message) => new(message, Usage);
}
