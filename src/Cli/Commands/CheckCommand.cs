using System.CommandLine;

namespace KataActors.Cli.Commands;

/// <summary><c>check</c>: what this host lacks to run containers. The exit code is 0 when they can run; emulation is only a warning.</summary>
internal static class CheckCommand
{
    public static Command Build(GlobalOptions global)
    {
        var verbose = CommandParts.Flag("--verbose", "show what is as it should be, too");
        var json = CommandParts.Flag("--json", "write everything as JSON");
        var command = new Command("check", "say what this host lacks to run containers") { verbose, json };
        command.Aliases.Add("kata-check");
        command.Does(global, (parsed, context) =>
        {
            DaemonProgram.Ask(context.Global.Address, $"--check={(parsed.GetValue(json) ? "json" : parsed.GetValue(verbose) ? "verbose" : "text")}");
            return 0;
        });
        return command;
    }
}
