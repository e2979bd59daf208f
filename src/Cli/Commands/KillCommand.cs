using System.CommandLine;
using System.CommandLine.Completions;
using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Commands;

/// <summary><c>kill ID [SIGNAL]</c>: sends a signal into a container.</summary>
internal static class KillCommand
{
    public static Command Build(GlobalOptions global)
    {
        var id = CommandParts.IdArgument();
        var signal = new Argument<string>("signal")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "name or number",
            DefaultValueFactory = _ => "TERM",
            CompletionSources = { _ => Signals.Names.Select(name => new CompletionItem(name)) },
        };
        var all = CommandParts.Flag("--all", "signal all processes of the container, not only the first", "-a");
        var command = new Command("kill", "send a signal to a container") { id, signal, all };
        command.Does(global, (parsed, context) =>
        {
            var container = context.Reference(parsed.Id(id));
            var name = parsed.GetValue(signal)!;
            var number = Signals.Parse(name) ?? throw new CommandFailure($"signal \"{name}\" is unknown");
            var request = new KillRequest { Container = container, Signal = (uint)number, All = parsed.GetValue(all) };
            using var daemon = context.Daemon(Deadlines.Change);
            ContainerRequests.Kill(daemon, request);
            return 0;
        });
        return command;
    }
}
