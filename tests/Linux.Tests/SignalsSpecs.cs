using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class SignalsSpecs
{
    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("SIGTERM", 15)]
    [InlineData("sigkill", 9)]
    [InlineData("15", 15)]
    [InlineData("1", 1)]
    [InlineData("64", 64)]
    [InlineData("RTMIN", 34)]
    [InlineData("SIGRTMIN+1", 35)]
    [InlineData("RTMIN+30", 64)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("SIGRTMAX", 64)]
    [InlineData("WINCH", 28)]
    [InlineData("SYS", 31)]
    [InlineData("SIGCLD", 17)]
    [InlineData("POLL", 29)]
    [InlineData("0", 0)]
    public void Should_know_a_signal(string text, int number) => Assert.Equal(number, Signals.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("SIG")]
    [InlineData("65")]
    [InlineData("-9")]
    [InlineData("+9")]
    [InlineData(" 9")]
    [InlineData("9 ")]
    [InlineData("9x")]
    [InlineData("99999999999999999999")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMIN-1")]
    [InlineData("RTMIN+")]
    [InlineData("RTMAX-31")]
    [InlineData("SIGSIGTERM")]
    [InlineData("NOSUCH")]
    [InlineData("TERM\0")]
    public void Should_know_no_such_signal(string text) => Assert.Null(Signals.Parse(text));

    [Fact]
    public void Should_name_every_signal_so_that_it_parses_back()
    {
        foreach (var number in Enumerable.Range(1, 64))
        {
            Assert.Equal(number, Signals.Parse(Signals.Name(number)));
        }
    }

    [Fact]
    public async Task Should_agree_with_the_shell_on_names()
    {
        // The shell has no name for 16, SIGSTKFLT.
        var numbers = Enumerable.Range(1, 31).Where(number => number != 16).ToList();

        var listed = await ChildScript.RunAsync($"for n in {string.Join(' ', numbers)}; do kill -l $n; done");

        Assert.Equal(listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(name => "SIG" + name), numbers.Select(Signals.Name));
    }
}
