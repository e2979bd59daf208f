namespace KataActors.Model.Tests;

public sealed class CpuListSpecs
{
    [Theory]
    [InlineData("", "")]
    [InlineData("0", "0")]
    [InlineData("0-2,4\n", "0-2,4")]
    [InlineData("4,2,1,0,3", "0-4")]
    [InlineData("1,1-1, 3", "1,3")]
    [InlineData("8191", "8191")]
    public void Should_write_what_it_has_read_in_its_shortest_form(string text, string expected)
    {
        Assert.True(CpuList.TryParse(text, out var list));
        Assert.Equal(expected, list.ToString());
        Assert.Equal(list, CpuList.Parse(expected));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("-1")]
    [InlineData("1-")]
    [InlineData("2-1")]
    [InlineData("1-2-3")]
    [InlineData("8192")]
    [InlineData("0-99999999999")]
    [InlineData("1;2")]
    public void Should_refuse_what_is_no_list(string text) => Assert.False(CpuList.TryParse(text, out _));

    [Fact]
    public void Should_know_what_lies_within_what()
    {
        Assert.True(CpuList.Parse("1-2").IsWithin(CpuList.Parse("0-3")));
        Assert.False(CpuList.Parse("1-4").IsWithin(CpuList.Parse("0-3")));
        Assert.True(CpuList.Empty.IsWithin(CpuList.Empty));
        Assert.Equal("0-3,7", CpuList.Parse("0-1,7").With(CpuList.Parse("2-3")).ToString());
    }
}
