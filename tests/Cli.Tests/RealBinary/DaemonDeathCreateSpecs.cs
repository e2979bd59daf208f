using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary><c>create</c> and <c>run</c> across the death of their daemon: in the end exactly the requested container exists.</summary>
public class DaemonDeathCreateSpecs
{
    public static TheoryData<DeathPoint> Points => [.. Enum.GetValues<DeathPoint>()];

    [Theory]
    [InlineData(DeathPoint.BeforeRequest, 1)]
    [InlineData(DeathPoint.BeforeEffect, 2)]
    [InlineData(DeathPoint.BeforeReply, 1)]
    public async Task Should_create_with_a_stand_in_of_its_own(DeathPoint point, int times)
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.DieAt<CreateRequest>(point);

        var pid = await fixture.CreateAsync("c1");

        var requests = fixture.Daemon.Requests.OfType<CreateRequest>().ToArray();
        Assert.Equal(times, requests.Length);
        Assert.All(requests, request => Assert.Equal(16, request.RequestId.Length));
        Assert.Equal(times, requests.Select(request => request.RequestId).Distinct().Count());
        Assert.Equal(pid, fixture.Daemon["c1"].Request.StandIn.Pid);
        Assert.Equal([.. Enumerable.Repeat(false, times - 1), true], fixture.StandIns.Select(standIn => standIn.IsAlive()));
    }

    [Fact]
    public async Task Should_carry_fresh_descriptors_when_it_creates_again()
    {
        await using var fixture = new CliFixture();
        await System.IO.File.WriteAllTextAsync(Path.Combine(fixture.Bundle, "rootfs", "hello"), "x");
        var seen = new List<bool>();
        fixture.OnCreate = (_, call) =>
        {
            using var rootfs = call.TakeDescriptor(0);
            seen.Add(System.IO.File.Exists($"/proc/self/fd/{rootfs.DangerousGetHandle()}/hello"));
            if (seen.Count > 1)
            {
                return Task.CompletedTask;
            }

            fixture.Daemon!.Disconnect();
            return Task.Delay(Timeout.Infinite, Deadline.Token);
        };

        await fixture.CreateAsync("c1");

        Assert.Equal([true, true], seen);
    }

    [Fact]
    public async Task Should_wait_until_the_successor_has_undone_the_creation()
    {
        await using var fixture = new CliFixture();
        var states = 0;
        fixture.Daemon!.DieAt<CreateRequest>(DeathPoint.BeforeEffect, request =>
        {
            fixture.Daemon.Add(request).Status = "creating";
            fixture.Daemon.OnRequest = asked =>
            {
                if (asked is StateRequest && ++states == 3)
                {
                    fixture.Daemon.Remove("c1");
                }

                return Task.CompletedTask;
            };
        });

        var pid = await fixture.CreateAsync("c1");

        Assert.True(states >= 3);
        Assert.Equal(2, fixture.Daemon.Requests.OfType<CreateRequest>().Count());
        Assert.Equal((pid, "created"), (fixture.Daemon["c1"].Request.StandIn.Pid, fixture.Daemon["c1"].Status));
    }

    [Fact]
    public async Task Should_refuse_when_the_id_is_anothers_then()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.DieAt<CreateRequest>(DeathPoint.BeforeEffect, _ => fixture.Daemon.Add("c1"));
        await FailAsync(fixture, "kata-actors: container \"c1\" exists\n");
        Assert.Equal(0, fixture.Daemon["c1"].Request.StandIn.Pid);
    }

    [Fact]
    public async Task Should_create_again_only_once()
    {
        await using var fixture = new CliFixture();
        fixture.OnCreate = (_, _) =>
        {
            fixture.Daemon!.Disconnect();
            return Task.Delay(Timeout.Infinite, Deadline.Token);
        };
        await FailAsync(fixture, "kata-actors: cannot create container \"c1\": the daemon was lost twice during the creation, and nothing of the container is left\n");
        Assert.Equal(2, fixture.Daemon!.Requests.OfType<CreateRequest>().Count());
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Should_run_when_the_daemon_dies_beside_the_creation(DeathPoint point) =>
        await RunAsync(fixture => fixture.Daemon!.DieAt<CreateRequest>(point));

    [Theory]
    [InlineData(DeathPoint.BeforeEffect)]
    [InlineData(DeathPoint.BeforeReply)]
    public async Task Should_run_when_the_daemon_dies_beside_the_start(DeathPoint point) =>
        await RunAsync(fixture => fixture.Daemon!.DieAt<StartRequest>(point));

    [Theory]
    [InlineData(DeathPoint.BeforeEffect)]
    [InlineData(DeathPoint.BeforeReply)]
    public async Task Should_run_when_the_daemon_dies_beside_the_deletion(DeathPoint point) =>
        await RunAsync(fixture => fixture.Daemon!.DieAt<DeleteRequest>(point));

    [Fact]
    public async Task Should_run_when_it_has_to_wait_for_another_command_that_starts_the_daemon()
    {
        await using var fixture = new CliFixture();
        FileLock? starter = null;
        fixture.Daemon!.DieAt<StartRequest>(DeathPoint.BeforeEffect, _ =>
        {
            fixture.Daemon.Crash();
            starter = FileLock.TryAcquire(fixture.File("daemon.lock"));
        });
        using var command = fixture.Start(["run", "--bundle", fixture.Bundle, "c1"]);
        await Eventually.HoldsAsync(() => starter is not null);

        // As long as the start of a daemon takes: many of its attempts, by whichever of its threads, find the lock held.
        var result = command.WaitAsync();
        await Task.WhenAny(result, Task.Delay(TimeSpan.FromSeconds(1)));
        Assert.False(result.IsCompleted, fixture.Read("err1"));
        fixture.Daemon.Listen();
        starter!.Dispose();

        await Eventually.HoldsAsync(() => IsRunning(fixture));
        fixture.Daemon["c1"].Exit(7);
        Assert.Equal(new CommandResult(7, "", ""), await result);
    }

    private static async Task RunAsync(Action<CliFixture> arrange)
    {
        await using var fixture = new CliFixture();
        arrange(fixture);
        using var command = fixture.Start(["run", "--bundle", fixture.Bundle, "c1"]);
        await Eventually.HoldsAsync(() => IsRunning(fixture));
        fixture.Daemon!["c1"].Write(OutputStream.Stdout, "hello"u8.ToArray());
        fixture.Daemon["c1"].Exit(7);
        Assert.Equal(new CommandResult(7, "hello", ""), await command.WaitAsync());
        Assert.Throws<TtrpcException>(() => fixture.Daemon["c1"]);
        Assert.All(fixture.StandIns, standIn => Assert.False(standIn.IsAlive()));
    }

    private static async Task FailAsync(CliFixture fixture, string errors)
    {
        var result = await fixture.RunAsync("create", "--bundle", fixture.Bundle, "--pid-file", fixture.PidFile, "c1");
        Assert.Equal(new CommandResult(1, "", errors), result);
        Assert.False(System.IO.File.Exists(fixture.PidFile));
        Assert.NotEmpty(fixture.StandIns);
        Assert.All(fixture.StandIns, standIn => Assert.False(standIn.IsAlive()));
    }

    // A request for an unknown one gets a failure.
    private static bool IsRunning(CliFixture fixture)
    {
        try
        {
            return fixture.Daemon!["c1"].Status == "running";
        }
        catch (TtrpcException)
        {
            return false;
        }
    }
}
