namespace KataActors.Hypervisor.Tests;

public sealed class SharePathSpecs
{
    [Theory]
    [InlineData("web/rootfs")]
    [InlineData("web/mounts/0")]
    [InlineData("..web")]
    public void Should_accept_a_place_when_it_is_below_the_share(string path) => Assert.Equal(path, SharePath.Parse(path).Value);

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/etc")]
    [InlineData("..")]
    [InlineData("../../x")]
    [InlineData("web/../..")]
    [InlineData("web//rootfs")]
    [InlineData("web/")]
    [InlineData("./web")]
    [InlineData("a\0b")]
    [InlineData("1/2/3/4/5/6/7/8/9")]
    public void Should_refuse_a_place_when_it_could_lead_elsewhere(string path) =>
        Assert.Throws<ArgumentException>(() => SharePath.Parse(path));

    [Fact]
    public void Should_refuse_a_place_when_a_name_is_too_long() =>
        Assert.Throws<ArgumentException>(() => SharePath.Parse(new string('x', 256)));

    [Fact]
    public void Should_list_the_nearest_first_when_asked_for_parents() =>
        Assert.Equal(["a/b", "a"], SharePath.Parse("a/b/c").Parents());
}
