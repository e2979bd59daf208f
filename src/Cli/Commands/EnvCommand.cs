using System.CommandLine;

namespace KataActors.Cli.Commands;

/// <summary><c>env</c>: the configuration in effect and this host, in the sections of Kata's <c>kata-env</c>.</summary>
internal static class EnvCommand
{
    public static Command Build(GlobalOptions global)
    {
        var json = CommandParts.Flag("--json", "write JSON instead of TOML");
        var command = new Command("env", "show the configuration in effect and this host") { json };
        command.Aliases.Add("kata-env");
        command.Does(global, (parsed, context) =>
        {
            DaemonProgram.Ask(context.Global.Address, $"--environment={(parsed.GetValue(json) ? "json" : "text")}");
            return 0;
        });
        return command;
    }
}
