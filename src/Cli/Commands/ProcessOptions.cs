using System.CommandLine;
using System.Globalization;

namespace KataActors.Cli.Commands;

/// <summary>The flags of <c>exec</c> that change the container's first process into the new one. As for runc, an empty value is none.</summary>
internal sealed class ProcessOptions
{
    /// <summary>The flag of an environment variable.</summary>
    public const string Variable = "--env";

    private const string NoLabel = "not applied, with a warning: the guest has no such labels";

    private readonly Option<string?> _user = new("--user", "-u") { Description = "user and group, by number", HelpName = "uid[:gid]" };
    private readonly Option<string[]> _gids = new("--additional-gids", "-g") { Description = "one more group, by number; may be repeated", HelpName = "gid" };
    private readonly Option<string?> _cwd = new("--cwd") { Description = "working directory in the container", HelpName = "path" };
    private readonly Option<string[]> _env = new(Variable, "-e") { Description = "set an environment variable; may be repeated", HelpName = "name=value" };
    private readonly Option<string[]> _caps = new("--cap", "-c") { Description = "add a capability; may be repeated", HelpName = "name" };
    private readonly Option<bool> _noNewPrivileges = CommandParts.Flag("--no-new-privs", "gain no privileges by programs with the set-user-ID bit or capabilities");
    private readonly Option<string?> _apparmor = new("--apparmor") { Description = NoLabel, HelpName = "profile" };
    private readonly Option<string?> _label = new("--process-label") { Description = NoLabel, HelpName = "label" };

    private Option[] All => [_user, _gids, _cwd, _env, _caps, _noNewPrivileges, _apparmor, _label];

    public void AddTo(Command command) => Array.ForEach(All, command.Options.Add);

    /// <summary>The name of the first one that is given, or null.</summary>
    public string? FirstGiven(ParseResult parsed) => All.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;

    /// <exception cref="CommandFailure">A value makes no sense.</exception>
    public ProcessChange Read(ParseResult parsed, IReadOnlyList<string> args)
    {
        var user = Text(parsed, _user)?.Split(':', 2);
        return new ProcessChange
        {
            Args = args,
            Uid = user is null ? null : Number(_user, user[0]),
            Gid = user is [_, var group] ? Number(_user, group) : null,
            AdditionalGids = [.. Values(parsed, _gids).Select(gid => Number(_gids, gid))],
            Cwd = AbsolutePath(parsed, _cwd),
            Env = [.. Values(parsed, _env).Select(entry => entry.IndexOf('=') > 0 ? entry : throw Wrong(_env, entry, "of the form NAME=VALUE"))],
            Capabilities = Values(parsed, _caps),
            NoNewPrivileges = parsed.GetValue(_noNewPrivileges),
            ApparmorProfile = Text(parsed, _apparmor),
            SelinuxLabel = Text(parsed, _label),
        };
    }

    private static string? Text(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { Length: > 0 } text ? text : null;

    private static string? AbsolutePath(ParseResult parsed, Option<string?> option) => Text(parsed, option) switch
    {
        null => null,
        ['/', ..] path => path,
        var path => throw Wrong(option, path, "an absolute path"),
    };

    private static string[] Values(ParseResult parsed, Option<string[]> option) => parsed.GetValue(option) ?? [];

    private static uint Number(Option option, string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw Wrong(option, text, "the number of a user or group");

    private static CommandFailure Wrong(Option option, string text, string kind) => CommandFailure.OfUsage($"{option.Name} \"{text}\" is not {kind}");
}
