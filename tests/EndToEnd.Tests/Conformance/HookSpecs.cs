namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>The hooks (<c>config.md</c>), and their place in the lifecycle (<c>runtime.md</c>).</summary>
[Collection(RecordedLifeCollection.Name)]
public sealed class HookSpecs(RecordedLife life)
{
    private static readonly string[] s_own = [Namespace("mnt"), Namespace("net")];

    [Clause("runtime/lifecycle/prestart")]
    public Task Should_end_the_container_when_a_prestart_hook_fails() => CreateMustFailAsync("prestart");

    [Clause("runtime/lifecycle/create-runtime")]
    public Task Should_end_the_container_when_a_createRuntime_hook_fails() => CreateMustFailAsync("createRuntime");

    [Clause("runtime/lifecycle/create-container")]
    public Task Should_end_the_container_when_a_createContainer_hook_fails() => CreateMustFailAsync("createContainer");

    [Clause("runtime/lifecycle/start-container")]
    public async Task Should_end_the_container_when_a_startContainer_hook_fails()
    {
        var (id, bundle) = Failing("startContainer", HookedBundle.Failing());
        await life.Daemon.SucceedAsync("create", "--bundle", bundle.Path, id);

        (await life.Daemon.RunAsync("start", id)).MustFail(1, "startContainer hook \"/bin/sh\"", "exit code 3: trouble");

        await life.Daemon.StatusAsync(id, "stopped");
        await life.Daemon.SucceedAsync("delete", id);
    }

    [Clause("runtime/lifecycle/poststart")]
    public void Should_log_the_failure_of_a_poststart_hook_and_go_on()
    {
        Assert.Contains("poststart", life.Hooked.Log);
        Assert.Contains("warning: container", life["start hooked"].MustSucceed().Errors, StringComparison.Ordinal);
        Assert.Contains("poststart hook \"/bin/sh\" ended with exit code 3: trouble", life["start hooked"].Errors, StringComparison.Ordinal);
    }

    [Clause("runtime/lifecycle/poststop")]
    public void Should_log_the_failure_of_a_poststop_hook_and_run_the_others()
    {
        Assert.Contains("poststop hook \"/bin/sh\" ended with exit code 3: trouble", life["delete hooked"].MustSucceed().Errors, StringComparison.Ordinal);
        Assert.Equal("last", life.Hooked.Log[^1]);
    }

    [Clause("config/hooks/timeout")]
    public async Task Should_refuse_a_timeout_that_is_not_positive_and_end_a_hook_at_its_timeout()
    {
        var (id, bundle) = Failing("prestart", HookedBundle.Endless());
        (await life.Daemon.RunAsync("create", "--bundle", bundle.Path, id)).MustFail(1, "prestart hook \"/bin/sh\" did not end within 1 s");
        foreach (var timeout in new[] { 0, -1 })
        {
            (await life.Daemon.RunAsync("create", "--bundle", bundle.With("hooks.prestart.0.timeout", timeout).Path, id)).MustFail(1, "hooks.prestart[0].timeout");
        }
    }

    [Clause("config/hooks/order")]
    public void Should_call_hooks_in_the_listed_order() =>
        Assert.Equal(["prestart", "prestart again", "createRuntime", "createContainer"], life.LogAfterCreate);

    [Clause("config/hooks/state")]
    public void Should_give_every_hook_the_state()
    {
        var stages = new[] { ("prestart", "creating"), ("createRuntime", "creating"), ("createContainer", "creating"), ("poststart", "running"), ("poststop", "stopped") };
        foreach (var (stage, status) in stages.Append(("startContainer", "created")))
        {
            var state = life.Hooked.State(stage);
            Assert.Equal(
                ("1.0.2", life.HookedId, status, life.Hooked.Bundle.Path, "value"),
                ((string?)state["ociVersion"], (string?)state["id"], (string?)state["status"], (string?)state["bundle"], (string?)state["annotations"]!["com.example.key"]));
            int? pid = stage switch { "poststop" => null, "startContainer" => 1, _ => life.HookedPid };
            Assert.Equal(pid, (int?)state["pid"]);
            Assert.Equal("PATH=/usr/bin:/bin", string.Join(' ', life.Hooked.Environment(stage).Split('\n').Where(line => line.Length > 0 && !IsOfShell(line))));
        }
    }

    [Clause("config/hooks/prestart")]
    public void Should_run_prestart_hooks_in_the_namespaces_of_the_runtime_before_createRuntime()
    {
        Assert.Equal(s_own, life.Hooked.Namespaces("prestart"));
        Assert.True(life.LogAfterCreate.IndexOf("prestart") < life.LogAfterCreate.IndexOf("createRuntime"));
    }

    [Clause("config/hooks/create-runtime")]
    public void Should_run_createRuntime_hooks_in_the_namespaces_of_the_runtime() => Assert.Equal(s_own, life.Hooked.Namespaces("createRuntime"));

    [Clause("config/hooks/create-container")]
    public void Should_run_createContainer_hooks_with_a_path_of_the_runtime_in_namespaces_of_the_container()
    {
        Assert.Empty(life.Hooked.Namespaces("createContainer").Intersect(s_own));
        Assert.Equal("createContainer", life.LogAfterCreate[^1]);
    }

    [Clause("config/hooks/start-container")]
    public void Should_run_startContainer_hooks_in_the_container_before_the_program()
    {
        Assert.Equal(["startContainer", "program", "poststart"], life.Hooked.Log[life.LogAfterCreate.Length..^3]);
        Assert.Equal(life.Hooked.Namespaces("program"), life.Hooked.Namespaces("startContainer"));
    }

    [Clause("config/hooks/poststart")]
    public void Should_run_poststart_hooks_after_the_program_was_executed_and_before_start_returns()
    {
        Assert.Equal("poststart", life.LogAfterStart[^1]);
        Assert.Equal(s_own, life.Hooked.Namespaces("poststart"));
    }

    [Clause("config/hooks/poststop")]
    public void Should_run_poststop_hooks_after_the_container_was_deleted_and_before_delete_returns()
    {
        Assert.Equal(["gone", "poststop", "last"], life.Hooked.Log[^3..]);
        Assert.Equal(s_own, life.Hooked.Namespaces("poststop"));
    }

    private static string Namespace(string kind) => new FileInfo($"/proc/self/ns/{kind}").LinkTarget!;

    private static bool IsOfShell(string variable) => variable.Split('=')[0] is "PWD" or "SHLVL" or "OLDPWD" or "_";

    private (string Id, TestBundle Bundle) Failing(string stage, JsonObject hook) => (
        life.Daemon.NewId(),
        life.Daemon.Bundle("true").With("hooks", new JsonObject { [stage] = new JsonArray(hook) }));

    private async Task CreateMustFailAsync(string stage)
    {
        var (id, bundle) = Failing(stage, HookedBundle.Failing());
        var before = await HostSnapshot.TakeAsync(life.Daemon);

        (await life.Daemon.RunAsync("create", "--bundle", bundle.Path, id)).MustFail(1, $"{stage} hook \"/bin/sh\" ended with exit code 3: trouble");

        await before.MustBeRestoredAsync();
    }
}
