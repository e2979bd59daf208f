using KataActors.TestSupport;

namespace KataActors.Manual.Tests;

public class ManPageSpecs
{
    private static readonly CommandEntry s_root = CommandEntry.Root();

    public static TheoryData<string> Pages => [.. s_root.All().Select(ManPage.NameOf)];

    [Fact]
    public void Should_write_a_page_of_section_8()
    {
        var command = new CommandEntry(
            ["frob", "init"],
            ["old-frob"],
            "make a frob-nicator",
            [new ArgumentEntry("id", ".dotted \\ text", IsRepeated: true, [])],
            [new FlagEntry("--format", "-f", "format", "table or json", "table", []), new FlagEntry("--all", null, null, "show all", null, [])],
            []);
        var root = new CommandEntry([], [], "runs", [], [], [new CommandEntry(["frob"], [], "manage frobs", [], [], [command])]);

        Assert.Equal(
            """
            .TH KATA-ACTORS-FROB-INIT 8 "" "kata-actors VERSION" "System Administration"
            .SH NAME
            kata\-actors\-frob\-init \- make a frob\-nicator
            .SH SYNOPSIS
            \fBkata\-actors\fR [\fIglobal flags\fR] \fBfrob\fR \fBinit\fR [\fIflags\fR] \fIid\fR ...
            .SH DESCRIPTION
            Make a frob\-nicator.
            .PP
            The command is also called \fBold\-frob\fR.
            .SH ARGUMENTS
            .TP
            \fIid\fR
            \&.dotted \e text.
            .SH FLAGS
            .TP
            \fB\-\-format\fR, \fB\-f\fR \fIformat\fR
            Table or json (default: table).
            .TP
            \fB\-\-all\fR
            Show all.
            .TP
            \fB\-\-help\fR, \fB\-h\fR
            Show the flags.
            .SH EXIT STATUS
            See kata\-actors(8).
            .SH SEE ALSO
            \fBkata\-actors\fR(8),
            \fBkata\-actors\-frob\fR(8)

            """.Replace("VERSION", Cli.Commands.VersionCommand.Number, StringComparison.Ordinal),
            ManPage.Write(command, root));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Should_name_every_flag_of_the_command(string page)
    {
        var command = s_root.All().Single(command => ManPage.NameOf(command) == page);
        var text = ManPage.Write(command, s_root);
        Assert.All(command.Flags, flag => Assert.Contains($"\\fB{flag.Long.Replace("-", "\\-", StringComparison.Ordinal)}\\fR", text, StringComparison.Ordinal));
        Assert.All(command.Subcommands, sub => Assert.Contains($"{ManPage.NameOf(sub).Replace("-", "\\-", StringComparison.Ordinal)}(8)", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_please_mandoc()
    {
        using var folder = new TemporaryDirectory();
        foreach (var command in s_root.All())
        {
            folder.Write($"{ManPage.NameOf(command)}.8", ManPage.Write(command, s_root));
        }

        // There is no date: the same source gives the same pages.
        Assert.Equal("", await ChildScript.RunAsync($"cd {folder.Path} && mandoc -T lint -W warning *.8 | grep -v 'missing date' || true"));
    }
}
