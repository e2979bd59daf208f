using System.Collections.Immutable;
using KataActors.Linux;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace KataActors.Runtime.Tests;

public sealed class DescriptorTableSpecs : IDisposable
{
    private readonly JumpingClock _clock = new();
    private readonly DescriptorTable _table;

    public DescriptorTableSpecs() => _table = new DescriptorTable(_clock);

    public void Dispose() => _table.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Should_keep_what_waits_when_the_wall_clock_jumps(int days)
    {
        var (lease, rootfs) = Add();

        _clock.Jump(TimeSpan.FromDays(days));
        Add();

        Assert.False(rootfs.IsClosed);
        using var taken = _table.Take(lease);
        Assert.NotNull(taken);
    }

    [Fact]
    public void Should_close_what_nobody_takes_in_time_whatever_the_wall_clock_says()
    {
        var (lease, rootfs) = Add();

        _clock.Jump(TimeSpan.FromDays(-1));
        _clock.Pass(DescriptorTable.Lifetime + TimeSpan.FromSeconds(1));
        Add();

        Assert.True(rootfs.IsClosed);
        Assert.Null(_table.Take(lease));
    }

    private (DescriptorLease Lease, SafeFileHandle Rootfs) Add()
    {
        var rootfs = Descriptors.Open("/dev/null", OpenFlags.ReadOnly);
        return (_table.Add(new DescriptorSet(rootfs, ImmutableDictionary<int, SafeFileHandle>.Empty, null)), rootfs);
    }
}
