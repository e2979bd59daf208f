using System.CommandLine;
using KataActors.Cli.Daemon;
using KataActors.Cli.Output;

namespace KataActors.Cli.Commands;

/// <summary><c>sandbox list</c> and <c>sandbox inspect ID</c>: the virtual machines.</summary>
internal static class SandboxCommand
{
    public static Command Build(GlobalOptions global) =>
        new("sandbox", "show the virtual machines") { BuildList(global), BuildInspect(global) };

    private static Command BuildList(GlobalOptions global)
    {
        var format = CommandParts.FormatOption();
        var quiet = CommandParts.Flag("--quiet", "print only the ids", "-q");
        var command = new Command("list", "list the sandboxes of every --root") { format, quiet };
        command.Does(global, (parsed, context) =>
        {
            var json = parsed.IsJson(format);
            using var daemon = context.Daemon(Deadlines.Query);
            var (sandboxes, problem) = daemon.Call(DaemonLists.Sandboxes);
            if (problem.Length > 0)
            {
                ErrorReport.Warn($"no container can be created: {problem}", context.Log);
            }

            StandardOutput.Write(parsed.GetValue(quiet) ? SandboxListText.Ids(sandboxes)
                : json ? SandboxJson.List(sandboxes)
                : SandboxListText.Table(sandboxes));
            return 0;
        });
        return command;
    }

    private static Command BuildInspect(GlobalOptions global)
    {
        var id = CommandParts.IdArgument("sandbox-id");
        var format = CommandParts.FormatOption("text");
        var command = new Command("inspect", "show a sandbox: its VM, threads, cgroups, timings and actors") { id, format };
        command.Does(global, (parsed, context) =>
        {
            var json = parsed.IsJson(format);
            var sandboxId = parsed.SandboxId(id);
            using var daemon = context.Daemon(Deadlines.Query);
            var response = daemon.Call(connection => DaemonLists.Sandbox(connection, context.Global.Root, sandboxId));
            StandardOutput.Write(json ? SandboxJson.Inspect(response) : SandboxReport.Write(response));
            return 0;
        });
        return command;
    }
}
