using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Gateway;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

public sealed class CallerSpecs
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1000)]
    [InlineData(1000, 1000)]
    public void Should_let_root_and_the_daemons_own_user_in(uint caller, uint own) =>
        Caller.Authorize(new TtrpcPeer(caller, caller, 1), own);

    [Fact]
    public void Should_refuse_others_and_say_who_may()
    {
        var other = Assert.Throws<TtrpcException>(() => Caller.Authorize(new TtrpcPeer(1000, 0, 1), 0));
        var unknown = Assert.Throws<TtrpcException>(() => Caller.Authorize(null, 0));

        Assert.Equal(
            (StatusCode.PermissionDenied, "user 1000 may not use this daemon: only root and the user it runs as (0) may"), (other.Code, other.Message));
        Assert.Equal(StatusCode.PermissionDenied, unknown.Code);
    }

    [Fact]
    public async Task Should_know_the_user_it_runs_as() =>
        Assert.Equal(await TestSupport.ChildScript.RunAsync("id -u"), $"{Caller.OwnUid()}\n");
}
