namespace KataActors.EndToEnd.Tests;

/// <summary>A journal whose disk fills up, that cannot be opened, or that is damaged, under a real daemon and real VMs.</summary>
public sealed class JournalLossSpecs
{
    private const string ContainerType = "io.kubernetes.cri.container-type";
    private const string SandboxId = "io.kubernetes.cri.sandbox-id";

    [Fact]
    public async Task Should_take_the_id_of_a_further_container_again_when_the_full_disk_has_room()
    {
        // A state directory of 4 MiB, in a mount namespace that goes with the daemon.
        await using var daemon = await DaemonUnderTest.StartAsync(
            null,
            "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
            "d=${3%/*}; /usr/bin/mkdir -p -m 700 $d $d/state && /usr/bin/mount -t tmpfs -o size=4m,mode=700 none $d/state && exec \"$@\"", "sh");
        var sandbox = daemon.NewId();
        await daemon.SucceedAsync("run", "--detach", "--bundle", daemon.Bundle("sleep", "1000").WithAnnotation(ContainerType, "sandbox").Path, sandbox);
        var (container, bundle) = (daemon.NewId(), daemon.ShellBundle("exit 7").WithAnnotation(ContainerType, "container").WithAnnotation(SandboxId, sandbox));
        var filler = $"/proc/{daemon.Pid}/root{daemon.RunDirectory}/state/filler";
        Fill(filler);

        (await daemon.RunAsync("create", "--bundle", bundle.Path, container)).MustFail(1, container, "journal");
        (await daemon.RunAsync("state", container)).MustFail(1, "does not exist");
        await daemon.SucceedAsync("delete", "--force", container);
        Assert.Equal("running", await daemon.StatusAsync(sandbox));
        File.Delete(filler);

        var pid = daemon.Pid;
        CommandResult? run = null;
        await Eventually.TrueAsync(
            async () => (run = await daemon.RunAsync("run", "--bundle", bundle.Path, container)).ExitCode == 7, () => $"it takes no container: {run?.Errors}");
        Assert.Equal(pid, daemon.Pid);
        await daemon.SucceedAsync("delete", "--force", sandbox);
    }

    [Fact]
    public async Task Should_kill_and_delete_without_a_journal_and_return_to_it()
    {
        await using var daemon = await DaemonUnderTest.StartAsync();
        var (killed, deleted, kept) = (daemon.NewId(), daemon.NewId(), daemon.NewId());
        var run = daemon.Start("run", "--bundle", daemon.ShellBundle("echo ready; exec sleep 1000").Path, killed);
        await run.OutputAsync("ready\n");
        await daemon.SucceedAsync("run", "--detach", "--bundle", daemon.Bundle("sleep", "1000").Path, deleted);
        await daemon.SucceedAsync("run", "--detach", "--bundle", daemon.Bundle("sleep", "1000").Path, kept);
        var vmm = (int)(await daemon.InspectAsync(kept))["vmmPid"]!;
        var state = Path.Combine(daemon.RunDirectory, "state");
        await WithoutDaemonAsync(daemon, () =>
        {
            Directory.Move(state, state + "~");
            File.WriteAllText(state, "");
        });

        var list = await daemon.RunAsync("sandbox", "list", "--quiet");
        Assert.Equal(3, list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("warning: no container can be created: journal", list.Errors, StringComparison.Ordinal);
        (await daemon.RunAsync("create", "--bundle", daemon.Bundle("true").Path, daemon.NewId())).MustFail(1, "journal", state);
        (await daemon.RunAsync("state", daemon.NewId())).MustFail(1, "may exist");
        await Eventually.TrueAsync(async () => (await daemon.RunAsync("kill", killed, "KILL")).ExitCode == 0, () => "it cannot be killed");
        Assert.Equal(137, (await run.FinishAsync()).ExitCode);
        await daemon.SucceedAsync("delete", "--force", deleted);
        Assert.Equal("running", await daemon.StatusAsync(kept));

        File.Delete(state);
        Directory.Move(state + "~", state);
        var (fresh, created) = (daemon.NewId(), (CommandResult?)null);
        await Eventually.TrueAsync(
            async () => (created = await daemon.RunAsync("run", "--detach", "--bundle", daemon.Bundle("sleep", "1000").Path, fresh)).ExitCode == 0,
            () => $"it does not return to its journal: {created?.Errors}");
        await WithoutDaemonAsync(daemon, () => { });
        Assert.Equal("running", await daemon.StatusAsync(kept));
        Assert.Equal(vmm, (int)(await daemon.InspectAsync(kept))["vmmPid"]!);
        (await daemon.RunAsync("state", deleted)).MustFail(1, "does not exist");
    }

    [Fact]
    public async Task Should_put_a_damaged_journal_aside_and_lose_no_sandbox()
    {
        await using var daemon = await DaemonUnderTest.StartAsync();
        var id = daemon.NewId();
        await daemon.SucceedAsync("run", "--detach", "--bundle", daemon.Bundle("sleep", "1000").Path, id);
        var journal = Path.Combine(daemon.RunDirectory, "state", "journal.db");
        await WithoutDaemonAsync(daemon, () =>
        {
            File.WriteAllText(journal, new string('x', 8192));
            File.Delete(journal + "-wal");
            File.Delete(journal + "-shm");
        });

        Assert.Equal("running", await daemon.StatusAsync(id));
        await Eventually.TrueAsync(
            async () => (await daemon.RunAsync("sandbox", "list")) is { ExitCode: 0, Errors: "" }, () => "it does not return to its journal");
        await Eventually.TrueAsync(() => daemon.Log.Contains("is journaled again", StringComparison.Ordinal), () => daemon.Log);
        Assert.StartsWith("xxxx", await File.ReadAllTextAsync(Directory.GetFiles(Path.GetDirectoryName(journal)!, "journal.db.damaged-*").Single(), TestContext.Current.CancellationToken));
        await WithoutDaemonAsync(daemon, () => { });
        Assert.Equal("running", await daemon.StatusAsync(id));
        await daemon.SucceedAsync("delete", "--force", id);
    }

    private static void Fill(string path)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        var page = new byte[4096];
        try
        {
            for (long at = 0; ; at += page.Length)
            {
                RandomAccess.Write(file, page, at);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    // No stand-in starts one meanwhile; the next command does.
    private static async Task WithoutDaemonAsync(DaemonUnderTest daemon, Action change)
    {
        using (await FileLock.AcquireAsync(Path.Combine(daemon.RunDirectory, "daemon.lock"), Eventually.Deadline, CancellationToken.None))
        {
            var pid = daemon.Pid;
            daemon.Kill();
            await Eventually.TrueAsync(() => daemon.Pid == 0, () => $"process {pid} does not end");
            change();
        }

        await Eventually.TrueAsync(async () => (await daemon.RunAsync("list")).ExitCode == 0, () => "no daemon can be started");
    }
}
