namespace KataActors.Callers.Tests.Support;

/// <summary>How a program ended.</summary>
internal sealed record CommandResult(string Command, int ExitCode, string Output, string Errors)
{
    /// <summary>Fails the test, with the program's output, unless it ended with <paramref name="code"/>.</summary>
    public CommandResult MustExit(int code)
    {
        if (ExitCode != code)
        {
            Assert.Fail($"{Command}: exit code {ExitCode} instead of {code}\nstdout: {Output}\nstderr: {Errors}");
        }

        return this;
    }
}
