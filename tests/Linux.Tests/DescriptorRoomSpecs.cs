using Xunit;

namespace KataActors.Linux.Tests;

public class DescriptorRoomSpecs
{
    [Fact]
    public void Should_count_what_is_free_below_the_limit()
    {
        var limit = (int)ProcessLimits.Get(0, ProcessResource.OpenFiles).Soft;
        Assert.True(DescriptorRoom.Has(1));
        Assert.True(DescriptorRoom.Has(Math.Min(limit / 2, 1024)));
        Assert.Throws<ArgumentOutOfRangeException>(() => DescriptorRoom.Has(1025));
    }
}
