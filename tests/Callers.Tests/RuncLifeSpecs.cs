using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace KataActors.Callers.Tests;

/// <summary>
/// The same steps of a container's life with runc and here: the exit codes and the state documents are equal, and the error texts differ only as listed. Callers look
/// for parts of runc's texts.
/// </summary>
public sealed partial class RuncLifeSpecs : IAsyncLifetime
{
    private const string Id = "compared";

    // Runs a command whose container must not hold the pipes of this test.
    private const string Detached = "\"$@\" </dev/null >\"$0.out\" 2>\"$0.err\"; code=$?; cat \"$0.out\"; cat \"$0.err\" >&2; exit $code";

    // A step that fails, runc's text, and ours; without the program's name, and the container's, which ours always has.
    private static readonly (string Step, string Runc, string Ours)[] s_texts =
    [
        ("create --bundle compared", "runc create failed: container with given ID already exists", "container id is already in use"),
        ("resume compared", "container not paused", "cannot resume container: container not paused: it is created"),
        ("start compared", "cannot start an already running container", "cannot start container: it is running, not created"),
        ("kill compared NOSIG", "unknown signal \"NOSIG\"", "signal \"NOSIG\" is unknown"),
        ("kill compared", "container not running", "cannot signal container: container not running"),
        ("start compared", "cannot start a container that has stopped", "cannot start container: it is stopped, not created"),
        ("pause compared", "container not running", "cannot pause container: container not running: it is stopped"),
        ("resume compared", "container not paused", "cannot resume container: container not paused: it is stopped"),
        ("create --bundle a/b", "runc create failed: invalid container ID format", "container id \"a/b\" is invalid: only letters, digits and \"_+-.\" are allowed"),
    ];

    private readonly RuntimeUnderTest _runtime = new();

    public async ValueTask InitializeAsync() => await _runtime.StartDaemonAsync();

    public ValueTask DisposeAsync() => _runtime.DisposeAsync();

    [Fact]
    public async Task Should_do_as_runc_but_in_what_is_listed()
    {
        var runc = await LiveAsync("runc", ["--root", Path.Combine(_runtime.Directory, "runc-root")]);
        var ours = await LiveAsync(_runtime.Script, []);

        Assert.Equal(runc.Select(step => (step.Name, step.Code)), ours.Select(step => (step.Name, step.Code)));
        Assert.Equal(s_texts, runc.Zip(ours).Where(pair => pair.First.Text != pair.Second.Text).Select(pair => (pair.First.Name, pair.First.Text, pair.Second.Text)));
        Assert.Equal(["created", "running", "stopped"], ours.Where(step => step.State is not null).Select(step => (string?)step.State!["status"]));
        Assert.All(runc.Zip(ours).Where(pair => pair.First.State is not null), pair => Assert.Empty(Differences(pair.First.State!, pair.Second.State!)));
    }

    private static IEnumerable<(string Field, string Runc, string Ours)> Differences(JsonObject runc, JsonObject ours) =>
        runc.Concat(ours).Select(field => field.Key).Distinct().Order(StringComparer.Ordinal)
            .Select(field => (field, Shown(runc, field), Shown(ours, field)))
            .Where(difference => difference.Item2 != difference.Item3);

    private static string Shown(JsonObject state, string field) => (field, state[field]) switch
    {
        ("created", not null) => "a time",
        ("pid", { } pid) when (int)pid > 0 => "a pid",
        ("bundle" or "rootfs", { } path) => Path.GetFileName((string)path!),
        (_, var value) => state.ContainsKey(field) ? value?.ToJsonString() ?? "null" : "absent",
    };

    private async Task<List<Step>> LiveAsync(string program, string[] flags)
    {
        var bundle = await BundleAsync(Path.GetFileName(program));
        List<Step> steps = [];
        await DoAsync("create", "--bundle", bundle, Id);
        await DoAsync("state", Id);
        await DoAsync("create", "--bundle", bundle, Id);
        await DoAsync("resume", Id);
        await DoAsync("start", Id);
        await DoAsync("start", Id);
        await DoAsync("state", Id);
        await DoAsync("delete", Id);
        await DoAsync("kill", Id, "NOSIG");
        await DoAsync("exec", Id, "nosuch");
        await DoAsync("kill", Id, "KILL");
        await Eventually.TrueAsync(() => (string?)StateAsync().GetAwaiter().GetResult()["status"] == "stopped", () => "it does not stop");
        await DoAsync("state", Id);
        foreach (var verb in new[] { "kill", "start", "pause", "resume" })
        {
            await DoAsync(verb, Id);
        }

        await DoAsync("exec", Id, "true");
        await DoAsync("delete", Id);
        foreach (var verb in new[] { "state", "start", "kill", "delete", "pause", "resume", "ps", "events" })
        {
            await DoAsync(verb, Id);
        }

        await DoAsync("exec", Id, "true");
        await DoAsync("create", "--bundle", bundle, "a/b");
        return steps;

        async Task DoAsync(params string[] words)
        {
            var result = await RunAsync(words);
            var state = words[0] == "state" && result.ExitCode == 0 ? JsonNode.Parse(result.Output)!.AsObject() : null;
            steps.Add(new Step(string.Join(' ', words.Where(word => word != bundle)), result.ExitCode, Text(result.Errors), state));
        }

        async Task<JsonNode> StateAsync() => JsonNode.Parse((await RunAsync("state", Id)).MustExit(0).Output)!;

        async Task<CommandResult> RunAsync(params string[] words)
        {
            using var running = RunningProgram.Start(
                new Dictionary<string, string>(), "/bin/sh", ["-c", Detached, Path.Combine(_runtime.Directory, "result"), program, .. flags, .. words]);
            return await running.FinishAsync();
        }
    }

    private async Task<string> BundleAsync(string name)
    {
        var bundle = Directory.CreateDirectory(Path.Combine(_runtime.Directory, name + "-bundle", "bundle")).FullName;
        Directory.CreateDirectory(Path.Combine(bundle, "rootfs", "bin"));
        File.Copy("/bin/busybox", Path.Combine(bundle, "rootfs", "bin", "sleep"));
        using var running = RunningProgram.Start(new Dictionary<string, string>(), "runc", "spec", "--bundle", bundle);
        (await running.FinishAsync()).MustExit(0);
        var file = Path.Combine(bundle, "config.json");
        var spec = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        spec["process"]!["terminal"] = false;
        spec["process"]!["args"] = new JsonArray("/bin/sleep", "1000");
        spec["annotations"] = new JsonObject { ["key"] = "value" };
        await File.WriteAllTextAsync(file, spec.ToJsonString());
        return bundle;
    }

    // runc writes its log to stderr.
    private static string Text(string errors)
    {
        var text = RuncText().Match(errors) is { Success: true } logged ? logged.Groups[1].Value.Replace("\\\"", "\"", StringComparison.Ordinal) : errors.TrimEnd('\n');
        return text.Replace("kata-actors: ", "", StringComparison.Ordinal)
            .Replace($" \"{Id}\"", "", StringComparison.Ordinal)
            .Replace($" {Id}", "", StringComparison.Ordinal);
    }

    [GeneratedRegex("level=error msg=\"(.*)\"")]
    private static partial Regex RuncText();

    private sealed record Step(string Name, int Code, string Text, JsonObject? State);
}
