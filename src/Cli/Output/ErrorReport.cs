using KataActors.Linux;

namespace KataActors.Cli.Output;

/// <summary>The one place where a command's failure becomes text and exit code.</summary>
internal static class ErrorReport
{
    // Made printable: quoted text must not act on the caller's terminal.
    private const int LongestMessage = 8192;

    /// <summary>Writes a successful command's deviations from the request to stderr and the log.</summary>
    public static void Warn(string warning, CommandLog? log)
    {
        warning = PrintableText.Of(warning, LongestMessage);
        StandardOutput.Complain($"kata-actors: warning: {warning}");
        log?.Warning(warning);
    }

    /// <summary>Writes <c>kata-actors: message</c> to stderr, and the message to the log; returns the exit code.</summary>
    public static int Write(Exception failure, CommandLog? log)
    {
        var message = PrintableText.Of(failure.Message, LongestMessage);
        StandardOutput.Complain($"kata-actors: {message}");
        log?.Error(message);
        log?.Debug(failure.ToString());
        return (failure as CommandFailure)?.ExitCode ?? CommandFailure.Failed;
    }
}
