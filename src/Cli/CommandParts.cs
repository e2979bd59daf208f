using System.CommandLine;
using KataActors.Cli.Output;
using KataActors.Oci;

namespace KataActors.Cli;

/// <summary>Parts that several verbs have in common.</summary>
internal static class CommandParts
{
    /// <summary>A flag without a value: the next word is never taken for one.</summary>
    public static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>The container id; <see cref="Id"/> checks that it was given, and names what is missing.</summary>
    public static Argument<string?> IdArgument(string name = "container-id") =>
        new(name) { Arity = ArgumentArity.ZeroOrOne, Description = "1 to 1024 letters, digits and \"_+-.\"" };

    /// <summary>The directory that holds config.json; the working directory unless given.</summary>
    public static Option<string> BundleOption() => new("--bundle", "-b")
    {
        Description = "directory with config.json and the root filesystem",
        HelpName = "path",
        DefaultValueFactory = _ => ".",
    };

    /// <summary>A choice between JSON and a format for people, which is the default.</summary>
    public static Option<string> FormatOption(string human = "table") => new("--format", "-f")
    {
        Description = $"{human} or json",
        HelpName = "format",
        DefaultValueFactory = _ => human,
        CompletionSources = { human, "json" },
    };

    /// <exception cref="CommandFailure">Neither of the two formats.</exception>
    public static bool IsJson(this ParseResult parsed, Option<string> format) => parsed.GetValue(format) switch
    {
        "json" => true,
        "table" or "text" => false,
        var other => throw new CommandFailure($"format \"{other}\" is unknown"),
    };

    /// <exception cref="CommandFailure">No id, or an invalid one.</exception>
    public static ContainerId Id(this ParseResult parsed, Argument<string?> argument)
    {
        var text = parsed.GetValue(argument)
            ?? throw CommandFailure.OfUsage($"\"{parsed.CommandResult.Command.Name}\" needs a container id");
        return ContainerId.TryParse(text, out var id, out var error) ? id : throw new CommandFailure(error);
    }

    /// <exception cref="CommandFailure">No id, or an invalid one.</exception>
    public static string SandboxId(this ParseResult parsed, Argument<string?> argument)
    {
        var text = parsed.GetValue(argument)
            ?? throw CommandFailure.OfUsage($"\"{parsed.CommandResult.Command.Name}\" needs a sandbox id");
        return Oci.SandboxId.TryParse(text, out var id, out var error) ? id.Value : throw new CommandFailure(error);
    }

    /// <summary>
    /// Sets the command's action, which gets the global flags and the log. A failure is reported on stderr and in the log; the exit code is the
    /// failure's, or the result of <paramref name="action"/>.
    /// </summary>
    public static void Does(this Command command, GlobalOptions global, Func<ParseResult, CommandContext, int> action) =>
        command.SetAction(parsed => Run(parsed, global, action));

    /// <summary>Runs an action as <see cref="Does"/> says.</summary>
    public static int Run(ParseResult parsed, GlobalOptions global, Func<ParseResult, CommandContext, int> action)
    {
        using var context = new CommandContext();
        int code;
        try
        {
            context.Open(global.Read(parsed));
            context.Log?.Debug($"process {Environment.ProcessId}: kata-actors {CommandTrace.Of(parsed)}");
            code = action(parsed, context);
        }
        catch (Exception failure)
        {
            code = ErrorReport.Write(failure, context.Log);
        }

        context.Log?.Debug($"exit code {code}");
        return code;
    }
}
