using System.Text.Json.Nodes;
using KataActors.Runtime.HostCheck;
using Xunit;

namespace KataActors.Runtime.Tests.HostCheck;

public sealed class TomlTextSpecs
{
    [Fact]
    public void Should_write_the_values_of_a_table_before_the_tables_in_it() => Assert.Equal(
        """
        [A]
        Text = "x"
        On = true
        Number = -7
        List = ["a", "b"]
        Empty = []

        [A.Inner]
        Deep = "y"

        [A.Inner.Innermost]

        [B]
        Text = ""

        """,
        TomlText.Of(new JsonObject
        {
            ["A"] = new JsonObject
            {
                ["Text"] = "x",
                ["Inner"] = new JsonObject { ["Innermost"] = new JsonObject(), ["Deep"] = "y" },
                ["On"] = true,
                ["Number"] = -7,
                ["List"] = new JsonArray("a", "b"),
                ["Empty"] = new JsonArray(),
            },
            ["B"] = new JsonObject { ["Text"] = "" },
        }));

    [Theory]
    [InlineData("a\"b", "\"a\\\"b\"")]
    [InlineData("a\\b", "\"a\\\\b\"")]
    [InlineData("a\nb\tc", "\"a\\nb\\tc\"")]
    [InlineData("\u0000\u001b\u007f\u0085", "\"\\u0000\\u001B\\u007F\\u0085\"")]
    [InlineData("größe €, 𝄞", "\"größe €, 𝄞\"")]
    [InlineData("it's # no comment = 1", "\"it's # no comment = 1\"")]
    public void Should_quote_texts(string text, string expected) =>
        Assert.Equal($"[A]\nText = {expected}\n", TomlText.Of(new JsonObject { ["A"] = new JsonObject { ["Text"] = text } }));
}
