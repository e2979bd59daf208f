using System.Text;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class PrintableTextSpecs
{
    [Theory]
    [InlineData("", "")]
    [InlineData("no such file \"/a b\" \\ ünï 漢字 😀", "no such file \"/a b\" \\ ünï 漢字 😀")]
    [InlineData("\u001b[2J\u001b]0;title\u0007", "\\u001b[2J\\u001b]0;title\\u0007")]
    [InlineData("one\ntwo\r\tthree", "one\\ntwo\\r\\tthree")]
    [InlineData("a\0b\u007f\u009bm", "a\\u0000b\\u007f\\u009bm")]
    [InlineData("\u202eexe.txt\u2066x\u2069", "\\u202eexe.txt\\u2066x\\u2069")]
    [InlineData("a\u200bb\ufeffc\u2028d\u2029e", "a\\u200bb\\ufeffc\\u2028d\\u2029e")]
    [InlineData("tag \U000E0041", "tag \\U000e0041")]
    [InlineData("private \ue000 unassigned \uffff", "private \\ue000 unassigned \\uffff")]
    public void Should_escape_what_is_invisible_or_acts_on_a_terminal_and_leave_the_rest(string text, string expected) =>
        Assert.Equal(expected, PrintableText.Of(text));

    [Fact]
    public void Should_escape_a_lone_surrogate() => Assert.Equal("a\\ud83db", PrintableText.Of("a\ud83db"));

    [Theory]
    [InlineData("61FF62", "a\\xffb")]
    [InlineData("C3", "\\xc3")]
    [InlineData("EDA080", "\\xed\\xa0\\x80")]
    [InlineData("C3A41B5B", "ä\\u001b[")]
    public void Should_show_bytes_that_are_no_text_as_bytes(string hex, string expected) =>
        Assert.Equal(expected, PrintableText.Of(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdefg", 6, "abcdef…")]
    [InlineData("abcd\n", 5, "abcd…")]
    [InlineData("abcd\n", 6, "abcd\\n")]
    [InlineData("abcd😀", 5, "abcd…")]
    public void Should_cut_between_characters_and_escapes_when_the_text_is_too_long(string text, int maximum, string expected)
    {
        Assert.Equal(expected, PrintableText.Of(text, maximum));
        Assert.Equal(expected, PrintableText.Of(Encoding.UTF8.GetBytes(text), maximum));
    }

    [Theory]
    [InlineData("one\ntwo")]
    [InlineData("a very long text, which is cut")]
    public void Should_leave_its_own_result_as_it_is(string text) =>
        Assert.Equal(PrintableText.Of(text, 12), PrintableText.Of(PrintableText.Of(text, 12), 12));

    [Fact]
    public void Should_cost_what_it_shows_when_the_text_is_huge()
    {
        var huge = new string('\u001b', 10_000_000);
        var before = GC.GetAllocatedBytesForCurrentThread();

        PrintableText.Of(huge, 100);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024);
    }

    [Fact]
    public void Should_make_nothing_of_nothing() => Assert.Equal("", PrintableText.Of((string?)null));
}
