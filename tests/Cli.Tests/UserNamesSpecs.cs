using KataActors.Cli.Output;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests;

public class UserNamesSpecs
{
    [Fact]
    public void Should_find_the_name_or_fall_back_to_the_number()
    {
        using var directory = new TemporaryDirectory();
        var names = new UserNames(directory.Write("passwd", "root:x:0:0:root:/root:/bin/sh\nbroken\n:x:7:7\nweb:x:33:33::/:\ntoor:x:0:0::/:\n"));
        Assert.Equal("root", names.Find(0));
        Assert.Equal("web", names.Find(33));
        Assert.Equal("#7", names.Find(7));
        Assert.Equal("#8", names.Find(8));
        Assert.Equal("#0", new UserNames(directory.File("missing")).Find(0));
    }

    [Fact]
    public void Should_read_the_file_once()
    {
        using var directory = new TemporaryDirectory();
        var names = new UserNames(directory.Write("passwd", "web:x:33:33::/:\n"));
        Assert.Equal("#1", names.Find(1));
        directory.Write("passwd", "daemon:x:1:1::/:\n");
        Assert.Equal(("#1", "web"), (names.Find(1), names.Find(33)));
    }
}
