using System.Text.Json;

namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>The operations, the lifecycle and the state document (<c>runtime.md</c>).</summary>
[Collection(RecordedLifeCollection.Name)]
public sealed class OperationSpecs(RecordedLife life)
{
    private const int Usage = 2;

    [Clause("runtime/scope/same-creator")]
    public void Should_let_the_creator_use_all_operations() =>
        Assert.All(["create", "start", "kill", "delete"], (string step) => life[step].MustSucceed());

    [Clause("runtime/state/properties")]
    public void Should_have_all_properties_of_a_state() =>
        Assert.All(Times, time => Assert.Equal(
            (JsonValueKind.String, life.Id, JsonValueKind.Number, JsonValueKind.Object),
            (Kind(time, "ociVersion"), (string?)life.State(time)["id"], Kind(time, "pid"), Kind(time, "annotations"))));

    [Clause("runtime/state/id-unique")]
    public void Should_refuse_an_id_in_use() => life["create again"].MustFail(1, $"\"{life.Id}\"", "in use");

    [Clause("runtime/state/status")]
    public void Should_name_the_status_of_each_time() =>
        Assert.Equal(["created", "running", "stopped", "stopped"], Times.Append("ended").Select(time => (string?)life.State(time)["status"]));

    [Clause("runtime/state/pid")]
    public void Should_name_the_process_while_there_is_one()
    {
        Assert.True(life.PidFile > 0);
        Assert.Equal([life.PidFile, life.PidFile], new[] { "created", "running" }.Select(time => (int)life.State(time)["pid"]!));
    }

    [Clause("runtime/state/bundle")]
    public void Should_name_the_bundle_by_its_absolute_path() =>
        Assert.All(Times, time => Assert.Equal(life.Full.Bundle.Path, (string?)life.State(time)["bundle"]));

    [Clause("runtime/state/annotations")]
    public void Should_list_the_annotations() => Assert.Equal(
        """{"com.example.empty":"","com.example.key":"value"}""", life.State("running")["annotations"]!.ToJsonString());

    [Clause("runtime/lifecycle/environment")]
    public void Should_create_the_environment_of_the_configuration() => Assert.Equal(("conforming", "/work"), (life.Facts["hostname"], life.Facts["cwd"]));

    [Clause("runtime/lifecycle/not-run-at-create")]
    public void Should_not_run_the_program_before_start() => Assert.False(life.RanBeforeStart);

    [Clause("runtime/lifecycle/later-changes")]
    public void Should_not_follow_changes_of_the_configuration_after_create() => Assert.Equal(("conforming", "<name>"), (life.Facts["hostname"], life.Facts.Lines("args")[0]));

    [Clause("runtime/lifecycle/destroyed")]
    public void Should_undo_the_creation_at_delete() => Assert.Null(life.Left);

    [Clause("runtime/errors/no-trace")]
    public async Task Should_leave_the_environment_alone_after_an_error()
    {
        var bundle = life.Daemon.Bundle("true");
        var before = await HostSnapshot.TakeAsync(life.Daemon);

        (await life.Daemon.RunAsync("create", "--bundle", bundle.With("process.cwd", "tmp").Path, life.Daemon.NewId())).MustFail(1, "process.cwd");
        (await life.Daemon.RunAsync("create", "--bundle", bundle.With("process.cwd", "/").With("root.path", "missing").Path, life.Daemon.NewId())).MustFail(1, "missing");
        (await life.Daemon.RunAsync("start", "nobody")).MustFail(1, "\"nobody\"");

        await before.MustBeRestoredAsync();
    }

    [Clause("runtime/warnings/flow")]
    public void Should_go_on_after_a_warning() => Assert.Contains("CAP_NO_SUCH", life.PlainLog, StringComparison.Ordinal);

    [Clause("runtime/state-operation/no-id")]
    public async Task Should_refuse_state_without_an_id() => (await life.Daemon.RunAsync("state")).MustFail(Usage, "needs a container id");

    [Clause("runtime/state-operation/unknown")]
    public async Task Should_refuse_the_state_of_an_unknown_container() => (await life.Daemon.RunAsync("state", "nobody")).MustFail(1, "\"nobody\" does not exist");

    [Clause("runtime/state-operation/document")]
    public void Should_return_the_state() => Assert.Equal("running", (string?)life.State("running")["status"]);

    [Clause("runtime/create/no-id-or-bundle")]
    public async Task Should_refuse_create_without_an_id_or_a_bundle()
    {
        (await life.Daemon.RunAsync("create", "--bundle", life.Full.Bundle.Path)).MustFail(Usage, "needs a container id");
        (await life.Daemon.RunAsync("create", life.Daemon.NewId())).MustFail(1, "config.json: no such file or directory");
    }

    [Clause("runtime/create/id-not-unique")]
    public void Should_create_no_second_container_of_an_id()
    {
        life["create again"].MustFail(1, $"\"{life.Id}\"");
        Assert.Equal((life.PidFile, "created"), ((int)life.State("created")["pid"]!, (string?)life.State("created")["status"]));
    }

    [Clause("runtime/create/id-not-valid")]
    public async Task Should_refuse_an_id_that_is_not_valid()
    {
        foreach (var id in new[] { "", ".", "..", "a/b", "a b", "ä", new string('x', 1025) })
        {
            (await life.Daemon.RunAsync("create", "--bundle", life.Full.Bundle.Path, id)).MustFail(1, "container id");
        }
    }

    [Clause("runtime/create/new-container")]
    public void Should_create_a_container() => Assert.Equal((0, "created"), (life["create"].ExitCode, (string?)life.State("created")["status"]));

    [Clause("runtime/create/args-at-start")]
    public void Should_apply_the_arguments_at_start_only() =>
        Assert.Equal((false, "<name>\n<>\n<two words>\n<*>"), (life.RanBeforeStart, life.Facts["args"]));

    [Clause("runtime/create/cannot-apply")]
    public async Task Should_create_nothing_when_a_property_cannot_be_applied()
    {
        var (bundle, id) = (life.Daemon.Bundle("true").With("mounts.0.options", new JsonArray("nonsense=1")), life.Daemon.NewId());

        (await life.Daemon.RunAsync("create", "--bundle", bundle.Path, id)).MustFail(1, "nonsense");

        (await life.Daemon.RunAsync("state", id)).MustFail(1, "does not exist");
    }

    [Clause("runtime/start/no-id")]
    public async Task Should_refuse_start_without_an_id() => (await life.Daemon.RunAsync("start")).MustFail(Usage, "needs a container id");

    [Clause("runtime/start/not-created")]
    public void Should_refuse_to_start_a_container_that_is_not_created()
    {
        life["start while running"].MustFail(1, $"\"{life.Id}\"", "running");
        life["start while stopped"].MustFail(1, $"\"{life.Id}\"", "stopped");
        Assert.Equal(("running", "stopped"), ((string?)life.State("running")["status"], (string?)life.State("still stopped")["status"]));
    }

    [Clause("runtime/start/runs-program")]
    public void Should_run_the_program_at_start() => Assert.True(File.Exists(life.Full.Mark));

    [Clause("runtime/kill/no-id")]
    public async Task Should_refuse_kill_without_an_id() => (await life.Daemon.RunAsync("kill")).MustFail(Usage, "needs a container id");

    [Clause("runtime/kill/neither-created-nor-running")]
    public void Should_refuse_a_signal_to_a_container_without_a_process()
    {
        life["kill while stopped"].MustFail(1, $"\"{life.Id}\"", "not running");
        Assert.Equal(life.State("stopped").ToJsonString(), life.State("still stopped").ToJsonString());
        life["signal while created"].MustSucceed();
    }

    [Clause("runtime/kill/sends-signal")]
    public void Should_send_the_signal_to_the_process() => Assert.Equal((0, 137), (life["kill"].ExitCode, life.ExitCode));

    [Clause("runtime/delete/no-id")]
    public async Task Should_refuse_delete_without_an_id() => (await life.Daemon.RunAsync("delete")).MustFail(Usage, "needs a container id");

    [Clause("runtime/delete/not-stopped")]
    public void Should_refuse_to_delete_a_container_that_runs()
    {
        life["delete while running"].MustFail(1, $"\"{life.Id}\"", "not stopped");
        Assert.Equal("running", (string?)life.State("running")["status"]);
    }

    [Clause("runtime/delete/created")]
    public void Should_delete_a_container_that_is_created_as_runc_does()
    {
        life["delete while created"].MustSucceed();
        life["state after delete while created"].MustFail(1, "does not exist");
    }

    [Clause("runtime/delete/own-resources")]
    public void Should_delete_the_resources_of_the_container()
    {
        Assert.Null(life.Left);
        life["state after delete"].MustFail(1, "does not exist");
    }

    [Clause("runtime/delete/foreign-resources")]
    public void Should_leave_resources_that_are_not_the_container_s() =>
        Assert.Equal(("kept", "secret"), (File.ReadAllText(Path.Combine(life.Full.Volume, "of-the-host")), File.ReadAllText(Path.Combine(life.Full.Bundle.Rootfs, "tmp", "masked-file"))));

    [Clause("bundle/config-json")]
    public async Task Should_read_the_file_config_json_of_the_bundle()
    {
        var bundle = life.Daemon.Bundle("true");
        File.Move(bundle.SpecFile, Path.Combine(bundle.Path, "Config.json"));

        (await life.Daemon.RunAsync("create", "--bundle", bundle.Path, life.Daemon.NewId())).MustFail(1, "config.json", "no such file or directory");
    }

    private static string[] Times => ["created", "running", "stopped"];

    private JsonValueKind Kind(string time, string property) => life.State(time)[property]?.GetValueKind() ?? JsonValueKind.Undefined;
}
