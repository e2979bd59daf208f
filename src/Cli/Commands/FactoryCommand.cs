using System.CommandLine;
using System.Text;
using KataActors.Cli.Daemon;
using KataActors.Cli.Output;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Commands;

/// <summary><c>factory init</c>, <c>factory status</c> and <c>factory destroy</c>: the template and the pool of virtual machines.</summary>
internal static class FactoryCommand
{
    public static Command Build(GlobalOptions global) =>
        new("factory", "manage the template and the pool of virtual machines") { BuildInit(global), BuildStatus(global), BuildDestroy(global) };

    private static Command BuildInit(GlobalOptions global)
    {
        var command = new Command("init", "make the template, unless a valid one exists");
        command.Does(global, (_, context) =>
        {
            for (var step = ""; ;)
            {
                using var daemon = context.Daemon(Deadlines.Create);
                var request = new InitFactoryRequest { KnownStep = step };
                var answer = daemon.Call(connection => connection.Call(ControlServiceNames.InitFactory, request, InitFactoryResponse.Parser, Deadlines.Create));
                step = answer.Step;
                Print(answer.Done && answer.Made ? "the template was made" : step);
                if (answer.Done)
                {
                    return 0;
                }
            }
        });
        return command;
    }

    private static Command BuildStatus(GlobalOptions global)
    {
        var format = CommandParts.FormatOption("text");
        var command = new Command("status", "show the template, the pool and the origin of the virtual machines") { format };
        command.Does(global, (parsed, context) =>
        {
            var json = parsed.IsJson(format);
            using var daemon = context.Daemon(Deadlines.Change);
            var response = daemon.Call(connection =>
                connection.Call(ControlServiceNames.FactoryStatus, new FactoryStatusRequest(), FactoryStatusResponse.Parser, Deadlines.Change));
            StandardOutput.Write(json ? FactoryJson.Status(response) : FactoryReport.Write(response));
            return 0;
        });
        return command;
    }

    private static Command BuildDestroy(GlobalOptions global)
    {
        var command = new Command("destroy", "remove the template and the pool; running sandboxes are not affected");
        command.Does(global, (_, context) =>
        {
            using var daemon = context.Daemon(Deadlines.Change);
            var answer = daemon.Call(connection =>
                connection.Call(ControlServiceNames.DestroyFactory, new DestroyFactoryRequest(), DestroyFactoryResponse.Parser, Deadlines.Change));
            Print(answer.HadTemplate ? "the template was removed" : "there is no template");
            return 0;
        });
        return command;
    }

    private static void Print(string line) => StandardOutput.Write(Encoding.UTF8.GetBytes($"{line}\n"));
}
