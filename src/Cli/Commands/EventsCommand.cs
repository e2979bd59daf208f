using System.CommandLine;

namespace KataActors.Cli.Commands;

/// <summary><c>events ID</c>: the statistics of a container from time to time, and each lack of memory, as JSON lines; with <c>--stats</c> the statistics once.</summary>
internal static class EventsCommand
{
    public static Command Build(GlobalOptions global)
    {
        var id = CommandParts.IdArgument();
        var once = CommandParts.Flag("--stats", "print the statistics once, and end");
        var interval = new Option<string>("--interval") { Description = "time between two statistics", HelpName = "duration", DefaultValueFactory = _ => "5s" };
        var command = new Command("events", "print statistics and lacks of memory of a container") { id, interval, once };
        command.Does(global, (parsed, context) =>
        {
            var container = parsed.Id(id);
            var text = parsed.GetValue(interval)!;
            var pause = GoDuration.TryParse(text) ?? throw CommandFailure.OfUsage($"{interval.Name} \"{text}\" is not a duration such as 5s or 1m30s");
            if (pause <= TimeSpan.Zero)
            {
                throw new CommandFailure("duration interval must be greater than 0");
            }

            var events = new ContainerEvents(context, container);
            if (parsed.GetValue(once))
            {
                events.PrintStats();
            }
            else
            {
                events.Follow(pause);
            }

            return 0;
        });
        return command;
    }
}
