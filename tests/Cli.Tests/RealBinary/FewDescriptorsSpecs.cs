using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>Commands that may open next to nothing.</summary>
public class FewDescriptorsSpecs
{
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    public async Task Should_say_so_in_one_line(int descriptors)
    {
        await using var fixture = new CliFixture();

        var output = await ChildScript.RunAsync($"(ulimit -n {descriptors}; exec {fixture.Program} --address {fixture.Address} state c1) 2>&1; echo $?");

        Assert.Matches("^kata-actors: [^\n]*(too many open files|does not exist)\n1\n$", output);
    }
}
