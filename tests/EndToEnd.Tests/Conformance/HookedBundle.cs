namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>A bundle with hooks of every stage. Each notes its name in a file that host and guest share, and keeps the state that it gets.</summary>
internal sealed class HookedBundle
{
    private const string Script = "busybox readlink /proc/self/ns/pid > /program.namespace; echo program >> /log; exec sleep 1000";

    private HookedBundle(TestBundle bundle) => Bundle = bundle;

    public TestBundle Bundle { get; }

    /// <summary>What has run, in order.</summary>
    public string[] Log => File.Exists(InRoot("log")) ? File.ReadAllLines(InRoot("log")) : [];

    public static HookedBundle Create(DaemonUnderTest daemon, string sandbox, string id)
    {
        var hooked = new HookedBundle(daemon.ShellBundle(Script).Joining(sandbox).WithAnnotation("com.example.key", "value"));
        var isGone = $"'{Installation.CommandLine}' --address '{daemon.Address}' state {id} 2>/dev/null || echo gone >> '{hooked.InRoot("log")}'";
        var programRuns = $"while ! grep -q program '{hooked.InRoot("log")}'; do sleep 0.05; done";
        hooked.Bundle.With("hooks", new JsonObject
        {
            ["prestart"] = new JsonArray(hooked.OnHost("prestart"), hooked.OnHost("prestart again")),
            ["createRuntime"] = new JsonArray(hooked.OnHost("createRuntime")),
            ["createContainer"] = new JsonArray(hooked.OnHost("createContainer")),
            ["startContainer"] = new JsonArray(InGuest()),
            ["poststart"] = new JsonArray(hooked.OnHost("poststart", programRuns), Failing()),
            ["poststop"] = new JsonArray(hooked.OnHost("poststop", isGone), Failing(), hooked.OnHost("last")),
        });
        return hooked;
    }

    /// <summary>A hook that fails.</summary>
    public static JsonObject Failing() => Hook("echo trouble >&2; exit 3");

    /// <summary>A hook that does not end in time.</summary>
    public static JsonObject Endless()
    {
        var hook = Hook("exec sleep 1000");
        hook["timeout"] = 1;
        return hook;
    }

    /// <summary>The state that a stage got.</summary>
    public JsonNode State(string stage) => JsonNode.Parse(File.ReadAllText(InRoot($"{stage}.state")))!;

    /// <summary>The mount and network namespaces of a stage, or what it wrote instead.</summary>
    public string[] Namespaces(string stage) => File.ReadAllLines(InRoot($"{stage}.namespace"));

    /// <summary>The hook, or the container's process, takes none of the test's environment.</summary>
    public string Environment(string stage) => File.ReadAllText(InRoot($"{stage}.env"));

    private static JsonObject InGuest() => Hook(
        "echo startContainer >> /log; cat > /startContainer.state; busybox readlink /proc/self/ns/pid > /startContainer.namespace; busybox env > /startContainer.env");

    private static JsonObject Hook(string script) => new()
    {
        ["path"] = "/bin/sh",
        ["args"] = new JsonArray("sh", "-c", script),
        ["env"] = new JsonArray("PATH=/usr/bin:/bin"),
        ["timeout"] = 60,
    };

    private JsonObject OnHost(string name, string first = ":") => Hook(
        $"{first}; echo {name} >> '{InRoot("log")}'; cat > '{InRoot($"{name}.state")}'; env > '{InRoot($"{name}.env")}'; " +
        $"readlink /proc/self/ns/mnt /proc/self/ns/net > '{InRoot($"{name}.namespace")}'");

    private string InRoot(string file) => Path.Combine(Bundle.Rootfs, file);
}
