namespace KataActors.Cli.Tests.RealBinary;

/// <summary>How a command ended, and what it wrote.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Errors);
