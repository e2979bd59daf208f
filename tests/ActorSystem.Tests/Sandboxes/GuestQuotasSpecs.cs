using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The quotas that the guest must enforce, and those that it need not.</summary>
public sealed class GuestQuotasSpecs
{
    private static readonly CpuLimit s_fifth = new(20_000, 100_000);

    private GuestQuotas _quotas = GuestQuotas.Unknown;

    [Theory]
    [InlineData(20_000, 100_000, true)]
    [InlineData(2_000, 10_000, true)] // The same on another period.
    [InlineData(10_000, 100_000, true)] // A group above has the last word on v2.
    [InlineData(20_001, 100_000, false)] // The floor, or other containers.
    [InlineData(null, null, false)]
    public void Should_leave_it_to_a_host_that_allows_no_more(int? quota, int? period, bool isLeft)
    {
        var record = With(("a", 20_000));
        CpuLimit? host = quota is { } us ? new CpuLimit(us, period!.Value) : null;
        _quotas = _quotas.Know("a", isLeft ? s_fifth : null);

        Assert.Equal(isLeft ? "a" : null, _quotas.NextToLift(record, host, _ => false)?.Key.Id);
        Assert.Equal(isLeft ? null : "a", _quotas.NextToSet(record, host)?.Key.Id);
    }

    [Fact]
    public void Should_be_content_when_the_guest_has_what_it_should_have()
    {
        var record = With(("a", 20_000), ("b", 30_000), ("free", null));
        _quotas = _quotas.Know("a", s_fifth);
        _quotas = _quotas.Know("b", null);

        Assert.Equal("b", _quotas.NextToSet(record, new CpuLimit(50_000, 100_000))!.Key.Id);
        _quotas = _quotas.Know("b", new CpuLimit(30_000, 100_000));
        Assert.Null(_quotas.NextToSet(record, new CpuLimit(50_000, 100_000)));
        Assert.Null(_quotas.NextToSet(record, null));
        Assert.Null(_quotas.NextToLift(record, new CpuLimit(50_000, 100_000), _ => false));
    }

    [Fact]
    public void Should_set_a_quota_that_has_changed_or_is_not_known()
    {
        var record = With(("a", 20_000));

        Assert.Equal("a", _quotas.NextToSet(record, null)!.Key.Id);
        _quotas = _quotas.Know("a", new CpuLimit(40_000, 100_000));
        Assert.Equal("a", _quotas.NextToSet(record, null)!.Key.Id);
        _quotas = _quotas.Know("a", s_fifth);
        Assert.Null(_quotas.NextToSet(record, null));
        _quotas = _quotas.Forget("a");
        Assert.Equal("a", _quotas.NextToSet(record, null)!.Key.Id);
    }

    [Fact]
    public void Should_lift_no_quota_that_is_changing()
    {
        _quotas = _quotas.Know("a", s_fifth);

        Assert.Null(_quotas.NextToLift(With(("a", 20_000)), s_fifth, id => id == "a"));
    }

    [Fact]
    public void Should_leave_alone_what_is_not_in_the_guest_yet_or_has_ended()
    {
        var begun = Begin(SandboxRecord.Empty.Apply(new SandboxCreateBegun { Root = "/r", Id = "a", Uuid = Guid.NewGuid().ToString() }), "a", 20_000);
        Assert.Null(_quotas.NextToSet(begun, null));
        var created = begun.Apply(new ContainerCreated { Id = "a" });
        Assert.NotNull(_quotas.NextToSet(created, null));
        Assert.Null(_quotas.NextToSet(created.Apply(new ContainerExited { Id = "a" }), null));
        Assert.Null(_quotas.NextToSet(created.Apply(new ContainerDeleteBegun { Id = "a" }), null));
    }

    private static SandboxRecord With(params (string Id, int? Quota)[] containers) => containers.Aggregate(
        SandboxRecord.Empty.Apply(new SandboxCreateBegun { Root = "/r", Id = "a", Uuid = Guid.NewGuid().ToString() }),
        (record, container) => Begin(record, container.Id, container.Quota).Apply(new ContainerCreated { Id = container.Id }));

    private static SandboxRecord Begin(SandboxRecord record, string id, int? quota) => record.Apply(new ContainerCreateBegun
    {
        Id = id,
        Spec = ByteString.CopyFrom(Specs.Make(quota is { } us ? Specs.Cpu(us, 100_000) : null).Bytes),
        StandIn = new ProcessRecord { Pid = 1, StartTime = 1 },
        CreatedUnixNs = record.Containers.Count,
    });
}
