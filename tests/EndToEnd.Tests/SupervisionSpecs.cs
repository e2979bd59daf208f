namespace KataActors.EndToEnd.Tests;

/// <summary>An exception inside a child actor stops that actor, never its resource.</summary>
public sealed class SupervisionSpecs
{
    [Fact]
    public async Task Should_leave_the_vm_and_its_container_alone_when_any_child_actor_fails()
    {
        await using var daemon = DaemonUnderTest.Absent();
        await using var tree = await HostedTree.StartAsync(daemon);
        var before = await HostSnapshot.TakeAsync(daemon);
        var bundle = daemon.ShellBundle("i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done");
        var id = daemon.NewId();
        var run = daemon.Start("run", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id);
        await run.OutputAsync("line 1\n");
        var vmm = ProcessIdentity.TryRead((int)(await daemon.InspectAsync(id))["vmmPid"]!)!.Value;

        foreach (var child in new[] { "hypervisor", "cgroup", "storage", "agent", $"container-{id}" })
        {
            var lines = run.Output.Count(character => character == '\n');
            await tree.FailAsync(await FindActorAsync(daemon, id, child));

            await run.OutputAsync($"line {lines + 5}\n");
            Assert.True(vmm.IsAlive(), child);
            Assert.Equal("running", await daemon.StatusAsync(id));
            Assert.Equal(vmm.Pid, (int)(await daemon.InspectAsync(id))["vmmPid"]!);
        }

        await daemon.SucceedAsync("kill", id, "KILL");
        var result = await run.FinishAsync();
        Assert.Equal(137, result.ExitCode);
        var written = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(1, written.Length).Select(number => $"line {number}"), written);
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_stop_the_sandbox_with_a_reason_when_its_actors_fail_again_and_again()
    {
        await using var daemon = DaemonUnderTest.Absent();
        await using var tree = await HostedTree.StartAsync(daemon);
        var before = await HostSnapshot.TakeAsync(daemon);
        var bundle = daemon.Bundle("sleep", "1000");
        var id = daemon.NewId();
        var run = daemon.Start("run", "--keep", "--bundle", bundle.Path, id);
        await Eventually.TrueAsync(async () => (await daemon.RunAsync("state", id)).Output.Contains("\"running\"", StringComparison.Ordinal), () => run.Errors);

        for (var failure = 0; failure < 6; failure++)
        {
            await tree.FailAsync(await FindActorAsync(daemon, id, "agent"));
        }

        Assert.Equal(137, (await run.FinishAsync()).ExitCode);
        Assert.Equal("stopped", await daemon.StatusAsync(id));
        Assert.Contains("failed repeatedly", (string)(await daemon.InspectAsync(id))["reason"]!, StringComparison.Ordinal);
        await daemon.SucceedAsync("delete", id);
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    // A fresh actor has the name of the one that failed, with a number behind it while that one is still on its way out.
    private static async Task<string> FindActorAsync(DaemonUnderTest daemon, string id, string name)
    {
        string? path = null;
        await Eventually.TrueAsync(
            async () => (path = (await daemon.InspectAsync(id))["actors"]!.AsArray().Select(actor => (string)actor!)
                .FirstOrDefault(actor => actor[(actor.LastIndexOf('/') + 1)..].Split('~')[0] == name)) is not null,
            () => $"no actor \"{name}\"");
        return path!;
    }
}
