namespace KataActors.Protocol.Control;

public sealed class ControlAddressSpecs
{
    [Theory]
    [InlineData("/run/kata-actors/daemon.sock", "/run/kata-actors/daemon.sock", "/run/kata-actors")]
    [InlineData("unix:///tmp/a b/d.sock", "/tmp/a b/d.sock", "/tmp/a b")]
    [InlineData("/d.sock", "/d.sock", "/")]
    public void Should_read_the_path_when_the_address_is_valid(string text, string path, string runDirectory)
    {
        var address = ControlAddress.Parse(text);
        Assert.Equal((path, runDirectory), (address.Path, address.RunDirectory));
    }

    [Fact]
    public void Should_take_107_bytes_and_no_more_when_the_path_is_long()
    {
        Assert.Equal(107, ControlAddress.Parse("/" + new string('x', 106)).Path.Length);
        Assert.Throws<FormatException>(() => ControlAddress.Parse("/" + new string('x', 107)));
        Assert.Throws<FormatException>(() => ControlAddress.Parse("/" + new string('ü', 54)));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("unix://", "empty")]
    [InlineData("daemon.sock", "absolute")]
    [InlineData("unix://daemon.sock", "absolute")]
    [InlineData("tcp://1.2.3.4:5", "absolute")]
    [InlineData("/run/", "directory")]
    [InlineData("/a\0b", "NUL")]
    public void Should_say_what_is_wrong_when_it_is_no_address(string text, string named)
    {
        var failure = Assert.Throws<FormatException>(() => ControlAddress.Parse(text));
        Assert.Contains(named, failure.Message);
        Assert.DoesNotContain('\0', failure.Message);
    }
}
