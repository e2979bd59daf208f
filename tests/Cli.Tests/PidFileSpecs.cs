using KataActors.Cli.Bundles;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests;

public class PidFileSpecs
{
    [Fact]
    public void Should_replace_what_was_there_and_leave_nothing_beside_it()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("pid", "a longer text than before");
        PidFile.Prepare(path).Write(4711);
        Assert.Equal("4711", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(directory.Path));
    }

    [Fact]
    public void Should_replace_a_symbolic_link_instead_of_writing_through_it()
    {
        using var directory = new TemporaryDirectory();
        var target = directory.Write("target", "precious");
        File.CreateSymbolicLink(directory.File("pid"), target);
        PidFile.Prepare(directory.File("pid")).Write(1);
        Assert.Equal("precious", File.ReadAllText(target));
        Assert.Equal("1", File.ReadAllText(directory.File("pid")));
    }

    [Theory]
    [InlineData("", "pid-file path is empty")]
    [InlineData("/no/such/folder/pid", "pid-file \"/no/such/folder/pid\": its folder does not exist")]
    [InlineData("/tmp", "pid-file \"/tmp\": is a directory")]
    public void Should_refuse_beforehand_when_it_could_not_be_written(string path, string message) =>
        Assert.Equal(message, Assert.Throws<CommandFailure>(() => PidFile.Prepare(path)).Message);
}
