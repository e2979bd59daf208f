namespace KataActors.Cli.Terminals;

/// <summary>How the caller of a process with a terminal wants to have it.</summary>
/// <param name="ConsoleSocket">The path of a socket that is to receive the master of a new terminal, or null.</param>
/// <param name="Console">The path of the caller's own terminal, or null; it comes first.</param>
/// <param name="IsDetached">The command does not wait for the process.</param>
internal sealed record TerminalFlags(string? ConsoleSocket, string? Console, bool IsDetached);
