namespace KataActors.EndToEnd.Tests;

/// <summary>Hooks that fail, and deaths while hooks run: the daemon boots the VM at the same time, and all of it is undone.</summary>
public sealed class HookSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    public async Task Should_leave_nothing_of_the_sandbox_when_a_hook_fails(string stage)
    {
        var bundle = _daemon.Bundle("true").With("hooks", new JsonObject { [stage] = new JsonArray(Hook("echo trouble >&2; exit 1")) });
        var before = await HostSnapshot.TakeAsync(_daemon);

        (await _daemon.RunAsync("create", "--bundle", bundle.Path, _daemon.NewId())).MustFail(1, $"{stage} hook \"/bin/sh\" ended with exit code 1: trouble");

        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_undo_the_creation_when_the_command_is_killed_while_a_hook_runs()
    {
        var bundle = _daemon.Bundle("true");
        var before = await HostSnapshot.TakeAsync(_daemon);
        var (create, hook) = await CreateAsync(bundle, _daemon.NewId());

        create.Signal(Signals.SIGKILL);
        await create.FinishAsync();
        End(hook);
        File.Delete(Path.Combine(bundle.Path, "begun"));

        await Eventually.TrueAsync(async () => (await _daemon.RunAsync("sandbox", "list", "--quiet")).Output.Length == 0, () => "the sandbox is left");
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_run_the_hooks_again_when_the_daemon_is_killed_while_they_run()
    {
        var (bundle, id) = (_daemon.ShellBundle("echo up; exec sleep 1000"), _daemon.NewId());
        var (create, _) = await CreateAsync(bundle, id);

        _daemon.Kill();
        File.WriteAllText(Path.Combine(bundle.Path, "go"), "");

        (await create.FinishAsync()).MustSucceed();
        Assert.Equal(2, File.ReadAllLines(Path.Combine(bundle.Path, "begun")).Length);
        Assert.Equal("created", await _daemon.StatusAsync(id));
        await _daemon.SucceedAsync("start", id);
        await create.OutputAsync("up\n");
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_bound_and_end_hooks_in_the_guest()
    {
        var endless = Hook("echo waiting; exec sleep 1000");
        var bundle = _daemon.Bundle("true").With("hooks", new JsonObject { ["startContainer"] = new JsonArray(endless) });
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("create", "--bundle", bundle.Path, id);
        var start = _daemon.Start("start", id);
        await Task.Delay(TimeSpan.FromSeconds(1));
        await _daemon.SucceedAsync("kill", id, "TERM");
        (await start.FinishAsync()).MustFail(1, "was ended by SIGTERM before its program ran");
        await _daemon.StatusAsync(id, "stopped");
        await _daemon.SucceedAsync("delete", id);

        endless["timeout"] = 1;
        bundle.Save();
        await _daemon.SucceedAsync("create", "--bundle", bundle.Path, id);
        (await _daemon.RunAsync("start", id)).MustFail(1, "startContainer hook \"/bin/sh\" did not end in time, and was killed: waiting");
        await _daemon.SucceedAsync("delete", id);
    }

    private static JsonObject Hook(string script) => new()
    {
        ["path"] = "/bin/sh",
        ["args"] = new JsonArray("sh", "-c", script),
        ["env"] = new JsonArray("PATH=/usr/bin:/bin"),
    };

    // A create whose prestart hook waits, and the hook.
    private async Task<(RunningCommand Create, ProcessIdentity Hook)> CreateAsync(TestBundle bundle, string id)
    {
        var begun = Path.Combine(bundle.Path, "begun");
        bundle.With("hooks", new JsonObject { ["prestart"] = new JsonArray(Hook("echo $$ >> begun; while [ ! -e go ]; do sleep 0.05; done")) });
        var create = _daemon.Start("create", "--bundle", bundle.Path, id);
        await Eventually.TrueAsync(() => File.Exists(begun) && File.ReadAllText(begun).EndsWith('\n'), () => $"no hook runs: {create.Errors}");
        return (create, ProcessIdentity.TryRead(int.Parse(File.ReadAllText(begun)))!.Value);
    }

    private static void End(ProcessIdentity process)
    {
        using var handle = Pidfd.TryOpen(process);
        handle?.Signal(Signals.SIGKILL);
    }
}
