using KataActors.Cli.Output;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests;

public class UserNamesSpecs
{
    [Fact]
    public void Should_find_the_name_or_fall_back_to_the_number()
    {
        using var directory = new TemporaryDirectory();
        var passwd = directory.Write("passwd", "root:x:0:0:root:/root:/bin/sh\nbroken\n:x:7:7\nweb:x:33:33::/:\n");
        Assert.Equal("root", UserNames.Find(0, passwd));
        Assert.Equal("web", UserNames.Find(33, passwd));
        Assert.Equal("#7", UserNames.Find(7, passwd));
        Assert.Equal("#8", UserNames.Find(8, passwd));
        Assert.Equal("#0", UserNames.Find(0, directory.File("missing")));
    }
}
