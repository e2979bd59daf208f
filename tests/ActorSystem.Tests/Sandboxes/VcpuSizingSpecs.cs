using KataActors.Runtime.Sandboxes;
using Google.Protobuf;
using KataActors.Model.Journal;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

public sealed class VcpuSizingSpecs
{
    [Theory]
    [InlineData("", 1)]
    [InlineData("0/100000", 1)]
    [InlineData("-1/100000", 1)]
    [InlineData("1000/100000", 2)]
    [InlineData("100000/100000", 2)]
    [InlineData("100001/100000", 3)]
    [InlineData("100000/0", 2)]
    [InlineData("100000/0 50000/50000", 3)]
    [InlineData("50000/100000 50000/100000", 2)]
    [InlineData("50000/100000 50000/100000 1000/100000", 3)]
    [InlineData("20000/30000 20000/30000 20000/30000", 3)]
    [InlineData("10000/30000 10000/30000 10000/30000", 2)]
    [InlineData("5000/10000 10000/40000", 2)]
    [InlineData("1000000/100000", 8)]
    public void Should_add_what_the_quotas_add_up_to(string quotas, int expected) => Assert.Equal(expected, VcpuSizing.Count(Record(1, quotas), 8));

    [Fact]
    public void Should_never_go_below_what_it_boots_with() => Assert.Equal(3, VcpuSizing.Count(Record(3, "100000/100000"), 2));

    [Fact]
    public void Should_not_count_a_container_that_has_ended()
    {
        var record = Record(1, "100000/100000 200000/100000");
        Assert.Equal(4, VcpuSizing.Count(record, 8));
        record = record.Apply(new ContainerCreated { Id = "c1" }).Apply(new ContainerExited { Id = "c1" });
        Assert.Equal(2, VcpuSizing.Count(record, 8));
        Assert.Equal(1, VcpuSizing.Count(record.Apply(new ContainerDeleteBegun { Id = "c0" }), 8));
    }

    private static SandboxRecord Record(uint vcpus, string quotas)
    {
        var record = SandboxRecord.Empty.Apply(new SandboxCreateBegun { Root = "/r", Id = "c0", Uuid = Guid.NewGuid().ToString(), Vcpus = vcpus });
        var index = 0;
        foreach (var quota in quotas.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split('/')))
        {
            var (_, bytes) = Specs.Make(Specs.Cpu(long.Parse(quota[0]), long.Parse(quota[1])));
            record = record.Apply(new ContainerCreateBegun { Id = $"c{index++}", Spec = ByteString.CopyFrom(bytes), StandIn = new ProcessRecord() });
        }

        return record;
    }
}
