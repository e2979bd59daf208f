using System.Text;

namespace KataActors.Oci.Tests;

public sealed class TextTableSpecs
{
    [Theory]
    [InlineData("a\u001b[2Jb", "a?[2Jb")]
    [InlineData("a\nb\u202ec", "a?b?c")]
    [InlineData("a\U000E0041b", "a?b")]
    [InlineData("a\U00100000b", "a?b")]
    [InlineData("grüße \U0001F642", "grüße \U0001F642")]
    public void Should_show_nothing_that_acts_on_a_terminal_or_is_not_seen(string cell, string shown) =>
        Assert.Equal($"NAME\n{shown}\n", Encoding.UTF8.GetString(TextTable.Write(["NAME"], [[cell]])));
}
