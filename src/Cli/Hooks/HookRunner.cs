using KataActors.Linux;
using KataActors.Oci;

namespace KataActors.Cli.Hooks;

/// <summary>Runs one hook: its state on stdin, exactly its environment, and a time limit.</summary>
/// <param name="stage">The hook's stage.</param>
/// <param name="state">The state of the container, as JSON.</param>
/// <param name="directory">The working directory; null for the command's own.</param>
/// <param name="namespaces">The steps into its namespaces; none for the command's own.</param>
internal sealed class HookRunner(string stage, byte[] state, string? directory, params NamespaceEntry[] namespaces)
{
    /// <summary>Runs it to its end.</summary>
    /// <exception cref="CommandFailure">It failed; the message names it, and has the end of its output.</exception>
    public void Run(HookSpec hook)
    {
        using var signals = new HookSignals();
        ProgramOutcome outcome;
        try
        {
            outcome = namespaces.Length == 0 ? Execute(hook, signals) : ExecuteInside(hook, signals);
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"{stage} hook \"{hook.Path}\" could not be run: {failure.Cause}", cause: failure);
        }

        if (outcome.Exit is not { Code: 0 })
        {
            var what = outcome switch
            {
                { Exit: { } exit } => $"ended with {exit}",
                { WasStopped: true } => "was interrupted by a signal to this command, and killed",
                _ => $"did not end within {hook.Limit.TotalSeconds:0} s, and was killed",
            };
            throw new CommandFailure($"{stage} hook \"{hook.Path}\" {what}{(outcome.Output.Length > 0 ? $": {outcome.Output}" : "")}");
        }
    }

    private ProgramOutcome Execute(HookSpec hook, HookSignals signals) => ProgramRun.Run(
        new SpawnRequest
        {
            Path = hook.Path!,
            Arguments = hook.Args.Count > 0 ? hook.Args : [hook.Path!],
            Environment = hook.Env,
            WorkingDirectory = directory,
        },
        state,
        hook.Limit,
        signals.Seen);

    // The run has a limit of its own.
    private ProgramOutcome ExecuteInside(HookSpec hook, HookSignals signals) => NamespaceThread.RunAsync(
        () =>
        {
            // The host's later mounts appear there, but its own do not appear on the host.
            Mounts.MakeRslave("/");
            return Execute(hook, signals);
        },
        Timeout.InfiniteTimeSpan,
        namespaces).GetAwaiter().GetResult();
}
