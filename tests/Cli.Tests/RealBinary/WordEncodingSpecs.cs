using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>Words that are no UTF-8. (.NET passes only text to a child, so a shell makes them.)</summary>
public class WordEncodingSpecs
{
    [Theory]
    [InlineData("--log $X list", "--log")]
    [InlineData("--log=$X list", "--log")]
    [InlineData("--root $X list", "--root")]
    [InlineData("create --bundle $X c1", "--bundle")]
    [InlineData("create -b $X c1", "--bundle")]
    [InlineData("run --pid-file=$X c1", "--pid-file")]
    [InlineData("exec --process $X c1", "--process")]
    [InlineData("exec c1 cat $X", "the argument")]
    [InlineData("state $X", "the argument")]
    public async Task Should_be_refused_with_the_name_of_their_flag(string words, string named)
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");

        var output = await ChildScript.RunAsync($"cd {fixture.Bundle}; X=$(printf 'a\\377b'); {fixture.Program} --address {fixture.Address} {words} 2>&1; echo $?; ls");

        Assert.StartsWith($"kata-actors: {named} \"a\uFFFDb\" ", output, StringComparison.Ordinal);
        Assert.EndsWith("is not UTF-8\n2\nconfig.json\nrootfs\n", output, StringComparison.Ordinal);
        Assert.Empty(fixture.Daemon!.Requests);
    }

    [Fact]
    public async Task Should_be_told_in_the_log_too()
    {
        await using var fixture = new CliFixture();

        await ChildScript.RunAsync($"{fixture.Program} --log {fixture.File("log")} --address {fixture.Address} create --bundle $(printf '\\377') c1 2>&1; true");

        Assert.Contains("--bundle", fixture.Read("log"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_not_be_mistaken_when_the_character_itself_is_meant()
    {
        await using var fixture = new CliFixture();

        var result = await fixture.RunAsync("--log", fixture.File("a\uFFFDb"), "list", "--quiet");

        Assert.Equal(new CommandResult(0, "", ""), result);
        Assert.True(System.IO.File.Exists(fixture.File("a\uFFFDb")));
    }
}
