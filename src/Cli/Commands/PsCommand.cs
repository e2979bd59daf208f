using System.CommandLine;
using KataActors.Cli.Daemon;
using KataActors.Cli.Output;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Commands;

/// <summary>
/// <c>ps ID [OPTIONS]</c>: the processes of a container. The table shows those in the guest, with the pids that they have in the container. JSON is for
/// programs, which look for the pids on the host: it has those of the stand-ins.
/// </summary>
internal static class PsCommand
{
    public const string Name = "ps";

    public static Command Build(GlobalOptions global)
    {
        var id = CommandParts.IdArgument();
        var options = new Argument<string[]>("ps-option") { Arity = ArgumentArity.ZeroOrMore, Description = "as of ps(1): -e, -A, -f, aux, -o with names of columns; -ef unless given" };
        var format = CommandParts.FormatOption();
        var command = new Command(Name, "show the processes of a container") { id, options, format };
        command.Does(global, (parsed, context) =>
        {
            var request = new ProcessesRequest { Container = context.Reference(parsed.Id(id)), Inside = !parsed.IsJson(format) };
            var columns = PsOptions.Columns(parsed.GetValue(options) ?? []);
            using var daemon = context.Daemon(Deadlines.Query);
            var response = daemon.Call(connection => connection.Call(ControlServiceNames.Processes, request, ProcessesResponse.Parser, Deadlines.Query));
            StandardOutput.Write(request.Inside ? ProcessTable.Write(columns, response) : $"[{string.Join(',', response.Pids)}]\n");
            if (response.LeftOut > 0)
            {
                ErrorReport.Warn($"{response.LeftOut} more processes are not shown", context.Log);
            }

            return 0;
        });
        return command;
    }
}
