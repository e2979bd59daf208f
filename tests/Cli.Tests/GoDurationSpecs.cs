namespace KataActors.Cli.Tests;

public class GoDurationSpecs
{
    [Theory]
    [InlineData("5s", 5)]
    [InlineData("1m30s", 90)]
    [InlineData("1.5h", 5400)]
    [InlineData("500ms", 0.5)]
    [InlineData("+2m", 120)]
    [InlineData("-1s", -1)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData(".5s", 0.5)]
    public void Should_take_what_go_takes(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), GoDuration.TryParse(text));

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("5s\n")]
    [InlineData("٥s")]
    [InlineData("5d")]
    [InlineData("1m 30s")]
    [InlineData("-")]
    [InlineData("99999999999999999999h")]
    public void Should_refuse_all_else(string text) => Assert.Null(GoDuration.TryParse(text));
}
