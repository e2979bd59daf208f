namespace KataActors.EndToEnd.Tests;

/// <summary>The daemon crashes at one point after the other of the life of a container in a network, whose interface is there at the creation, or at the start.</summary>
public sealed class NetworkCrashPointSpecs
{
    private const int Sampled = 3;
    private const int Points = 75;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Should_leave_the_network_as_it_was_wherever_the_daemon_crashes(bool isLate) => CrashSweep.RunAsync(Points, Sampled, point => CrashAsync(point, isLate));

    private static async Task<bool> CrashAsync(int point, bool isLate)
    {
        using var network = new TestNetwork();
        await using var daemon = await DaemonUnderTest.StartAsync(CrashSweep.At(point));
        var host = await HostSnapshot.TakeAsync(daemon);
        var place = isLate ? network.Make(2) : network.Join(2);
        var bundle = NetworkBundles.Inside(daemon, place, "exec sleep 1000");
        var id = daemon.NewId();
        await daemon.SucceedAsync("create", "--bundle", bundle.Path, id);
        if (isLate)
        {
            network.Connect(2);
        }

        var start = await daemon.RunAsync("start", id);
        if (start.ExitCode == 0)
        {
            (await daemon.RunAsync("exec", "--cap", "CAP_NET_RAW", id, "sh", "-c", NetworkBundles.Pings(1))).MustSucceed();
        }
        else
        {
            Assert.True(isLate, start.Errors);
            Assert.Contains("its network was connected in part only", start.Errors, StringComparison.Ordinal);
        }

        await daemon.SucceedAsync("delete", "--force", id);
        Assert.DoesNotMatch("_kata|ingress", network.Look());
        Directory.Delete(bundle.Path, recursive: true);
        await host.MustBeRestoredAsync();
        return daemon.HasCrashed;
    }
}
