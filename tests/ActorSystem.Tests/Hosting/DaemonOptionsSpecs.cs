using KataActors.Runtime.Hosting;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

public sealed class DaemonOptionsSpecs
{
    [Fact]
    public void Should_take_the_usual_places_when_nothing_is_given()
    {
        var options = DaemonOptions.Parse([]);

        Assert.Equal(new DaemonPaths("/run/kata-actors/daemon.sock", "/var/lib/kata-actors"), options.Paths);
        Assert.Equal("/run/kata-actors", options.Paths.RunDirectory);
        Assert.Equal((null, null, false, DaemonAnswer.None), (options.ConfigFile, options.LogFile, options.Debug, options.Answer));
    }

    [Fact]
    public void Should_keep_the_state_beside_the_socket_when_the_address_is_another()
    {
        Assert.Equal("/tmp/x/state", DaemonOptions.Parse(["--address", "/tmp/x/d.sock"]).Paths.StateDirectory);
        Assert.Equal("/y", DaemonOptions.Parse(["--address", "/tmp/x/d.sock", "--state-directory", "/y/"]).Paths.StateDirectory);
    }

    [Fact]
    public void Should_accept_values_after_an_equals_sign_and_make_paths_absolute()
    {
        var options = DaemonOptions.Parse(["--config=a.conf", "--log=/x/../l", "--debug"]);

        Assert.Equal(Path.GetFullPath("a.conf"), options.ConfigFile);
        Assert.Equal("/l", options.LogFile);
        Assert.True(options.Debug);
    }

    [Fact]
    public void Should_name_the_flags_that_give_the_same_daemon_again()
    {
        string[] address = ["--address", "/tmp/x/d.sock"];
        DaemonOptions[] daemons =
        [
            DaemonOptions.Parse([]),
            DaemonOptions.Parse(address),
            DaemonOptions.Parse([.. address, "--state-directory", "y", "--config=a b.conf", "--log=/x/../l", "--debug"]),
        ];

        Assert.Empty(daemons[0].Flags);
        Assert.Empty(daemons[1].Flags);
        Assert.All(daemons, daemon => Assert.Equal(daemon, DaemonOptions.Parse(["--address", daemon.Paths.Socket, .. daemon.Flags])));
    }

    [Theory]
    [InlineData(DaemonAnswer.Help, "--help")]
    [InlineData(DaemonAnswer.Help, "-h")]
    [InlineData(DaemonAnswer.Version, "--version")]
    [InlineData(DaemonAnswer.Version, "-v")]
    public void Should_answer_when_asked(DaemonAnswer answer, string argument) =>
        Assert.Equal(answer, DaemonOptions.Parse([argument]).Answer);

    [Theory]
    [InlineData("--address")]
    [InlineData("--address=")]
    [InlineData("--address=/")]
    [InlineData("--log=/a\0b")]
    [InlineData("--debug=yes")]
    [InlineData("--nonsense")]
    [InlineData("daemon.sock")]
    [InlineData("")]
    public void Should_refuse_a_wrong_argument(string argument) =>
        Assert.Throws<UsageException>(() => DaemonOptions.Parse([argument]));

    [Theory]
    [InlineData("unknown argument \"--nonsense\"", "--nonsense")]
    [InlineData("unknown argument \"--nonsense=x\"", "--nonsense=x")]
    [InlineData("unknown argument \"--debug=yes\"", "--debug=yes")]
    [InlineData("unknown argument \"more\"", "--log", "a", "more")]
    [InlineData("unknown argument \"\"", "")]
    [InlineData("unknown argument \"-x\"", "-x")]
    [InlineData("unknown argument \"@/etc/passwd\"", "@/etc/passwd")]
    [InlineData("option --config needs a value", "--config")]
    [InlineData("option --address needs a path", "--address=")]
    [InlineData("option --address needs a path", "--address=", "--debug")]
    [InlineData("option --address: \"/\" is the root directory", "--address", "/")]
    public void Should_name_what_is_wrong(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => DaemonOptions.Parse(arguments)).Message);

    [Fact]
    public void Should_take_the_last_when_an_option_is_repeated() =>
        Assert.Equal("/b", DaemonOptions.Parse(["--log", "/a", "--log=/b", "--debug", "--debug"]).LogFile);

    [Fact]
    public void Should_take_a_name_that_begins_with_an_at_sign_as_it_is() =>
        Assert.Equal(Path.GetFullPath("@x"), DaemonOptions.Parse(["--config", "@x"]).ConfigFile);

    [Fact]
    public void Should_describe_every_option_with_its_default()
    {
        var help = new DaemonCommandLine().Help();

        Assert.All(
            ["kata-actorsd", "--address <socket>", "/run/kata-actors/daemon.sock", "--state-directory <folder>", "/var/lib/kata-actors", "--config <file>",
                "/etc/kata-actors/kata-actors.conf", "--log <file>", "--debug", "-h, --help", "-v, --version"],
            text => Assert.Contains(text, help, StringComparison.Ordinal));
        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= 100, line));
    }
}
