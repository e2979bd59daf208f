using System.Diagnostics;
using System.Globalization;
using System.Text;
using KataActors.Linux;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Setup;

/// <summary>
/// The hooks of a container's first process (startContainer of the runtime specification). As in runc they run in the container, by the process itself right
/// before it becomes its program: with its namespaces, user, capabilities and filter of system calls.
/// </summary>
internal static class StartHooks
{
    /// <summary>Longest time of all together.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Runs them in order.</summary>
    /// <exception cref="KataActors.Protocol.Ttrpc.TtrpcException">One failed; the message names it, and has the end of its output.</exception>
    internal static void Run(Hooks hooks)
    {
        var start = Stopwatch.GetTimestamp();
        var state = State(hooks.State.ToStringUtf8());
        foreach (var hook in hooks.StartContainer)
        {
            var left = Limit - Stopwatch.GetElapsedTime(start);
            Run(hook, state, hook.Timeout > 0 && hook.Timeout < left.TotalSeconds ? TimeSpan.FromSeconds(hook.Timeout) : left);
        }
    }

    private static void Run(Hook hook, byte[] state, TimeSpan limit)
    {
        ProgramOutcome outcome;
        try
        {
            var arguments = hook.Args.Count > 0 ? (IReadOnlyList<string>)hook.Args : [hook.Path];
            outcome = ProgramRun.Run(new SpawnRequest { Path = hook.Path, Arguments = arguments, Environment = hook.Env }, state, limit);
        }
        catch (LinuxException failure)
        {
            throw Failures.Invalid($"startContainer hook \"{hook.Path}\" could not be run: {failure.Cause}");
        }

        if (outcome.Exit is not { Code: 0 })
        {
            var what = outcome.Exit is { } exit ? $"ended with {exit}" : "did not end in time, and was killed";
            throw Failures.Invalid($"startContainer hook \"{hook.Path}\" {what}{(outcome.Output.Length > 0 ? $": {outcome.Output}" : "")}");
        }
    }

    // The host does not know the pid in the container's namespace.
    private static byte[] State(string document) =>
        Encoding.UTF8.GetBytes($"{document.AsSpan(0, document.Length - 1)},\"pid\":{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}}}\n");
}
