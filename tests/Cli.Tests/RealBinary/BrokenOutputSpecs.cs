using KataActors.Linux;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>Commands whose output cannot be written.</summary>
public class BrokenOutputSpecs
{
    [Theory]
    [InlineData("list")]
    [InlineData("list", "--format", "json")]
    [InlineData("state", "c1")]
    [InlineData("features")]
    [InlineData("--help")]
    [InlineData("--version")]
    public async Task Should_end_by_the_signal_when_nobody_reads(params string[] arguments)
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        var (reader, writer) = Descriptors.Pipe();
        reader.Dispose();
        using (writer)
        {
            Assert.Equal(new CommandResult(128 + Signals.SIGPIPE, "", ""), await fixture.RunAsync(arguments, stdio: [null, writer]));
        }
    }

    [Theory]
    [InlineData("> /dev/full", "no space left on device")]
    [InlineData(">&-", "bad file descriptor")]
    public async Task Should_fail_and_say_why(string redirection, string cause)
    {
        await using var fixture = new CliFixture();
        var errors = fixture.File("errors");
        await File.WriteAllTextAsync(fixture.File("output"), "");
        using var command = new RunningCommand(
            new SpawnRequest { Path = "/bin/sh", Arguments = ["sh", "-c", $"exec {fixture.Program} --address {fixture.Address} list {redirection} 2> {errors}"] },
            fixture.File("output"),
            errors);

        Assert.Equal(new CommandResult(1, "", $"kata-actors: write \"standard output\": {cause}\n"), await command.WaitAsync());
    }
}
