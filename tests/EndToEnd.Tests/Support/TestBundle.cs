using System.Globalization;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>An OCI bundle of busybox.</summary>
internal sealed class TestBundle
{
    private const string Busybox = "/bin/busybox";
    private static readonly string[] s_applets = ["sh", "cat", "dd", "echo", "head", "hostname", "ip", "kill", "ping", "seq", "sleep", "touch", "true", "uname"];

    private TestBundle(string path, JsonObject spec)
    {
        Path = path;
        Spec = spec;
    }

    public string Path { get; }

    /// <summary>The spec; <see cref="Save"/> writes it.</summary>
    public JsonObject Spec { get; }

    public string Rootfs => System.IO.Path.Combine(Path, "rootfs");

    public string PidFile => System.IO.Path.Combine(Path, "pid");

    public string SpecFile => System.IO.Path.Combine(Path, "config.json");

    public static TestBundle Create(string path, params string[] arguments)
    {
        FillRootfs(System.IO.Path.Combine(path, "rootfs"));
        var bundle = new TestBundle(path, BuildSpec(arguments));
        bundle.Save();
        return bundle;
    }

    public static void FillRootfs(string rootfs)
    {
        foreach (var directory in new[] { "bin", "proc", "dev", "tmp" })
        {
            Directory.CreateDirectory(System.IO.Path.Combine(rootfs, directory));
        }

        File.Copy(Busybox, System.IO.Path.Combine(rootfs, "bin", "busybox"));
        foreach (var applet in s_applets)
        {
            File.CreateSymbolicLink(System.IO.Path.Combine(rootfs, "bin", applet), "busybox");
        }
    }

    /// <summary>A container of that sandbox.</summary>
    public TestBundle Joining(string sandbox) =>
        WithAnnotation("io.kubernetes.cri.container-type", "container").WithAnnotation("io.kubernetes.cri.sandbox-id", sandbox);

    public TestBundle WithAnnotation(string key, string value)
    {
        Spec["annotations"] ??= new JsonObject();
        Spec["annotations"]![key] = value;
        return Save();
    }

    public TestBundle WithCpu(long quota, long period) =>
        With("linux.resources", new JsonObject { ["cpu"] = new JsonObject { ["quota"] = quota, ["period"] = period } });

    /// <summary>Sets a value at a dotted path of the spec, or removes it.</summary>
    public TestBundle With(string path, JsonNode? value)
    {
        JsonNode node = Spec;
        var fields = path.Split('.');
        foreach (var field in fields[..^1])
        {
            node = int.TryParse(field, CultureInfo.InvariantCulture, out var index) ? node[index]! : node[field]!;
        }

        if (value is null)
        {
            node.AsObject().Remove(fields[^1]);
        }
        else
        {
            node[fields[^1]] = value;
        }

        return Save();
    }

    public TestBundle Save()
    {
        File.WriteAllText(SpecFile, Spec.ToJsonString());
        return this;
    }

    private static JsonObject BuildSpec(string[] arguments) => new()
    {
        ["ociVersion"] = "1.0.2",
        ["process"] = new JsonObject
        {
            ["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0 },
            ["args"] = new JsonArray([.. arguments.Select(argument => (JsonNode)argument)]),
            ["env"] = new JsonArray("PATH=/bin"),
            ["cwd"] = "/",
        },
        ["root"] = new JsonObject { ["path"] = "rootfs" },
        ["hostname"] = "in-a-vm",
        ["mounts"] = new JsonArray(Mount("/proc", "proc"), Mount("/dev", "tmpfs")),
        ["linux"] = new JsonObject
        {
            ["namespaces"] = new JsonArray([.. new[] { "pid", "mount", "ipc", "uts", "network", "cgroup" }.Select(type => (JsonNode)new JsonObject { ["type"] = type })]),
        },
    };

    private static JsonObject Mount(string destination, string type) =>
        new() { ["destination"] = destination, ["type"] = type, ["source"] = type };
}
