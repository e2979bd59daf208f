using System.Text.RegularExpressions;
using KataActors.Manual;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The help of the program and of each command, against the definitions from which the manual pages come.</summary>
public class HelpSpecs
{
    /// <summary>The words of every command; empty for the program.</summary>
    public static TheoryData<string> Commands => [.. CommandEntry.Root().All().Select(command => string.Join(' ', command.Words))];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Should_describe_the_command_and_each_flag(string words)
    {
        await using var fixture = new CliFixture(withDaemon: false);
        var command = CommandEntry.Root().All().Single(command => string.Join(' ', command.Words) == words);

        var result = await fixture.RunAsync([.. command.Words, "--help"]);

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        var help = Regex.Replace(result.Output, "\\s+", " ");
        Assert.Contains(command.Description, help, StringComparison.Ordinal);
        Assert.All(command.Flags, flag => Assert.Contains($"{flag.Long}{(flag.Value is null ? "" : $" <{flag.Value}>")}", help, StringComparison.Ordinal));
        Assert.All(
            command.Flags.Select(flag => flag.Description).Concat(command.Arguments.Select(argument => argument.Description)).Concat(command.Subcommands.Select(sub => sub.Description)),
            description => Assert.Contains(description, help, StringComparison.Ordinal));
        Assert.All(result.Output.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }
}
