namespace KataActors.Oci.Tests;

public class IdSpecs
{
    [Theory]
    [InlineData("a")]
    [InlineData("ubuntu01")]
    [InlineData("A_b+c.d-e")]
    [InlineData("...")]
    public void Should_keep_the_text_when_the_id_is_valid(string text)
    {
        Assert.Equal(text, ContainerId.Parse(text).Value);
        Assert.Equal(text, SandboxId.Parse(text).ToString());
    }

    [Fact]
    public void Should_accept_1024_characters_and_no_more()
    {
        Assert.True(ContainerId.TryParse(new string('x', 1024), out _, out _));
        Assert.False(ContainerId.TryParse(new string('x', 1025), out _, out var error));
        Assert.Contains("1025 characters, at most 1024", error);
        Assert.True(error.Length < 200);
    }

    [Theory]
    [InlineData(null, "container id is empty")]
    [InlineData("", "container id is empty")]
    [InlineData(".", "container id \".\" is invalid: it is a directory reference")]
    [InlineData("..", "container id \"..\" is invalid: it is a directory reference")]
    [InlineData("../x", "container id \"../x\" is invalid: only letters, digits and \"_+-.\" are allowed")]
    [InlineData("a/b", "container id \"a/b\" is invalid: only letters, digits and \"_+-.\" are allowed")]
    [InlineData("a\0b", "container id \"a\\u0000b\" is invalid: only letters, digits and \"_+-.\" are allowed")]
    [InlineData("ä", "container id \"ä\" is invalid: only letters, digits and \"_+-.\" are allowed")]
    public void Should_name_the_id_and_the_rule_when_it_is_invalid(string? text, string message)
    {
        var exception = Assert.Throws<FormatException>(() => ContainerId.Parse(text));
        Assert.Equal(message, exception.Message);
        Assert.Throws<FormatException>(() => SandboxId.Parse(text));
    }
}
