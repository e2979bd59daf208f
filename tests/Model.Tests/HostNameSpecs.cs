namespace KataActors.Model.Tests;

public sealed class HostNameSpecs
{
    [Fact]
    public void Should_be_the_id_when_it_fits() =>
        Assert.Equal("abc", HostName.For(new ContainerKey("/r", "abc"), 40, taken: false));

    [Fact]
    public void Should_differ_from_the_id_when_another_root_holds_it()
    {
        var name = HostName.For(new ContainerKey("/r", "abc"), 40, taken: true);
        Assert.StartsWith("abc-", name, StringComparison.Ordinal);
        Assert.NotEqual(name, HostName.For(new ContainerKey("/other", "abc"), 40, taken: true));
    }

    [Fact]
    public void Should_fit_and_stay_unique_when_the_id_is_long()
    {
        var long1 = new ContainerKey("/r", new string('a', 1024));
        var long2 = new ContainerKey("/r", new string('a', 1023) + "b");
        var name = HostName.For(long1, 40, taken: false);
        Assert.Equal(40, name.Length);
        Assert.NotEqual(name, HostName.For(long2, 40, taken: false));
        Assert.Equal(name, HostName.For(long1, 40, taken: false));
    }

    [Fact]
    public void Should_refuse_a_maximum_that_leaves_no_room() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => HostName.For(new ContainerKey("/r", "abc"), 10, taken: false));
}
