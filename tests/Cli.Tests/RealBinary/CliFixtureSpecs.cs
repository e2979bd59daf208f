using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>What a test leaves behind.</summary>
public sealed class CliFixtureSpecs
{
    [Fact]
    public async Task Should_leave_no_process_behind_that_would_start_a_daemon()
    {
        var fixture = new CliFixture();
        await fixture.CreateAsync("c1");
        fixture.OnCreate = (_, _) => Task.Delay(Timeout.Infinite, Deadline.Token);
        using var command = fixture.Start(["create", "--bundle", fixture.Bundle, "c2"]);
        await Eventually.HoldsAsync(() => fixture.StandIns.Length == 2);

        await fixture.DisposeAsync();

        Assert.Empty(TestProcesses.Of(fixture.File("")));
    }
}
