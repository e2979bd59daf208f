
namespace KataActors.Manual.Tests;

/// <summary>The descriptions of the commands, from which the help, the manual pages and the completions come.</summary>
public class DescriptionSpecs
{
    /// <summary>Each command, argument and flag, with its description.</summary>
    public static TheoryData<string, string> Descriptions =>
    [
        .. CommandEntry.Root().All().SelectMany(command => (IEnumerable<(string, string)>)
        [
            (ManPage.NameOf(command), command.Description),
            .. command.Arguments.Select(argument => ($"{ManPage.NameOf(command)} {argument.Name}", argument.Description)),
            .. command.Flags.Select(flag => ($"{ManPage.NameOf(command)} {flag.Long}", flag.Description)),
        ]),
    ];

    [Theory]
    [MemberData(nameof(Descriptions))]
    public void Should_describe_everything_in_one_style(string what, string description)
    {
        Assert.True(description.Length >= 4, what);
        Assert.False(char.IsUpper(description[0]) && char.IsLower(description[1]), what);
        Assert.DoesNotMatch("[.\\n]$|\\n", description);
    }

    [Fact]
    public void Should_name_the_value_of_each_flag_that_has_one() =>
        Assert.All(CommandEntry.Root().All().SelectMany(command => command.Flags), flag => Assert.NotEqual("value", flag.Value));

    [Fact]
    public void Should_name_each_flag_once() => Assert.All(
        CommandEntry.Root().All().Select(command => command.Flags.SelectMany(flag => flag.Names).ToList()), names => Assert.Equal(names.Distinct(), names));
}
