using System.Globalization;

namespace KataActors.EndToEnd.Tests;

/// <summary>What runc takes, and callers therefore write: through a whole life of one container.</summary>
public sealed class RuncInputSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_take_what_runc_takes_from_create_to_delete()
    {
        var log = Path.Combine(_daemon.Directory, "log");
        var bundle = _daemon.ShellBundle("cat /dev/stdin > /dev/stdout; echo error > /dev/stderr; echo again > /proc/self/fd/1; exec sleep 1000")
            .With("process.user", new JsonObject { ["uid"] = 1234, ["gid"] = 1234 })
            .With("process.capabilities", new JsonObject { ["bounding"] = new JsonArray("CAP_KILL", "CAP_NO_SUCH"), ["permitted"] = new JsonArray("CAP_NO_SUCH") })
            .With("linux.resources", new JsonObject
            {
                ["cpu"] = new JsonObject { ["quota"] = 50_000 },
                ["memory"] = new JsonObject { ["kernel"] = 67_108_864 },
            });
        var id = _daemon.NewId();

        var create = _daemon.Start("--log", log, "create", "--bundle", bundle.Path, id);
        (await create.FinishAsync()).MustSucceed();
        foreach (var item in new[] { "process.capabilities: \"CAP_NO_SUCH\" is unknown and not given", "linux.resources.memory.kernel is not applied" })
        {
            Assert.Single(File.ReadLines(log), line => line.Contains(item.Replace("\"", "\\\"", StringComparison.Ordinal), StringComparison.Ordinal));
            Assert.Single(_daemon.Log.Split('\n'), line => line.Contains(item, StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal));
        }

        await _daemon.SucceedAsync("kill", id, "0");
        await _daemon.SucceedAsync("start", id);
        await create.OutputAsync("again\n");
        Assert.Equal("again\n", create.Output);
        await Eventually.TrueAsync(() => create.Errors == "error\n", () => create.Errors);
        Assert.Equal("50000/100000", await QuotaAsync(id));
        var update = (await _daemon.RunAsync("update", "--cpu-quota", "60000", "--kernel-memory", "64m", "--blkio-weight", "500", id)).MustSucceed();
        Assert.Equal(
            "kata-actors: warning: linux.resources.memory.kernel is not applied\nkata-actors: warning: linux.resources.blockIO.weight is not applied\n", update.Errors);
        Assert.Equal("60000/100000", await QuotaAsync(id));

        await _daemon.SucceedAsync("kill", id, "0");
        Assert.Equal("running", await _daemon.StatusAsync(id));
        await _daemon.SucceedAsync("kill", id, "KILL");
        await _daemon.StatusAsync(id, "stopped");
        var gone = await _daemon.RunAsync("kill", id, "0");
        Assert.Equal((1, $"kata-actors: cannot signal container \"{id}\": container not running\n"), (gone.ExitCode, gone.Errors));
        await _daemon.SucceedAsync("kill", "-a", id, "KILL");
        await _daemon.SucceedAsync("kill", "-a", id, "0");
        await _daemon.SucceedAsync("delete", id);
    }

    private async Task<string> QuotaAsync(string id)
    {
        var inspected = await _daemon.InspectAsync(id);
        return string.Create(CultureInfo.InvariantCulture, $"{(long)inspected["cfsQuotaUs"]!}/{(long)inspected["cfsPeriodUs"]!}");
    }
}
