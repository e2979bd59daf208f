namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The exit code and the output of a command.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Errors);
