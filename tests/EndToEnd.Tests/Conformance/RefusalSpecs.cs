namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>Configurations that must be refused: with an error that names the field, and without a container.</summary>
[Collection(RecordedLifeCollection.Name)]
public sealed class RefusalSpecs(RecordedLife life)
{
    private const string Map = """[{"containerID":0,"hostID":1000,"size":1}]""";

    private static readonly string[] s_namespaces = ["pid", "network", "ipc", "uts", "mount"];

    // By clause: each field with a value that breaks the clause (null removes the field), and a part of the error.
    private static readonly Dictionary<string, (string Field, string? Value, string Error)[]> s_refusals = new()
    {
        ["runtime/lifecycle/cannot-create"] =
        [
            ("linux.namespaces", """[{"type":"pid"},{"type":"mount"}]""", "linux.namespaces"),
            ("linux.namespaces.0.path", "\"/proc/1/ns/pid\"", "linux.namespaces[0].path"),
        ],
        ["runtime/start/process-not-set"] = [("process", null, "process")],
        ["config/oci-version"] = [("ociVersion", "\"1.0\"", "ociVersion"), ("ociVersion", "\"v1.0.0\"", "ociVersion"), ("ociVersion", null, "ociVersion")],
        ["config/root/required"] = [("root", null, "root"), ("root.path", null, "root.path")],
        ["config/root/path-exists"] = [("root.path", "\"missing\"", "missing"), ("root.path", "\"config.json\"", "not a directory")],
        ["config/mounts/destination"] = [("mounts.0.destination", null, "mounts[0].destination")],
        ["config/mounts/idmap"] = [("mounts.0.options", "[\"idmap\"]", "mounts[0]"), ("mounts.0.options", "[\"ridmap\"]", "mounts[0]")],
        ["config/mounts/both-mappings"] =
        [
            ("mounts.0.uidMappings", Map, "mounts[0]"),
            ("mounts.0.gidMappings", Map, "mounts[0]"),
        ],
        ["config/process/cwd-absolute"] = [("process.cwd", "\"tmp\"", "process.cwd"), ("process.cwd", "\"\"", "process.cwd"), ("process.cwd", null, "process.cwd")],
        ["config/process/args-required"] = [("process.args", "[]", "process.args"), ("process.args", null, "process.args")],
        ["config/process/rlimits-unknown"] = [("process.rlimits", """[{"type":"RLIMIT_NONSENSE","soft":1,"hard":1}]""", "process.rlimits[0].type")],
        ["config/process/rlimits-duplicate"] =
        [
            ("process.rlimits", """[{"type":"RLIMIT_CORE","soft":1,"hard":1},{"type":"RLIMIT_CORE","soft":2,"hard":2}]""", "process.rlimits[1].type"),
        ],
        ["config/hooks/path-absolute"] =
        [
            ("hooks", """{"prestart":[{"path":"bin/true"}]}""", "hooks.prestart[0].path"),
            ("hooks", """{"poststop":[{"path":""}]}""", "hooks.poststop[0].path"),
            ("hooks", """{"startContainer":[{}]}""", "hooks.startContainer[0].path"),
        ],
        ["config/annotations/map"] = [("annotations", "[\"a\"]", "annotations")],
        ["config/annotations/key-not-empty"] = [("annotations", """{"":"value"}""", "annotations")],
        ["config/annotations/value-string"] = [("annotations", """{"key":1}""", "annotations")],
        ["config/valid-values"] =
        [
            ("process.user.uid", "-1", "process.user.uid"),
            ("process.user.umask", "512", "process.user.umask"),
            ("process.oomScoreAdj", "1001", "process.oomScoreAdj"),
            ("linux.resources", """{"pids":{"limit":-2}}""", "linux.resources.pids.limit"),
            ("linux.devices", """[{"path":"/dev","type":"c","major":1,"minor":3}]""", "linux.devices[0].path"),
            ("linux.devices", """[{"path":"/dev/a","type":"c","major":1,"minor":3,"fileMode":65536}]""", "linux.devices[0].fileMode"),
            ("mounts.0.destination", "\"/\"", "mounts[0].destination"),
            ("linux.rootfsPropagation", "\"nonsense\"", "linux.rootfsPropagation"),
            ("linux.namespaces.0.type", "\"nonsense\"", "linux.namespaces[0].type"),
        ],
        ["linux/namespaces/path-absolute"] = [("linux.namespaces.4.path", "\"proc/self/ns/net\"", "linux.namespaces[4].path")],
        ["linux/namespaces/path-of-type"] =
        [
            ("linux.namespaces.4.path", "\"/proc/self/ns/uts\"", "/proc/self/ns/uts"),
            ("linux.namespaces.4.path", "\"/proc/self/status\"", "/proc/self/status"),
        ],
        ["linux/namespaces/inherit"] = [.. s_namespaces.Select(absent => ("linux.namespaces", Namespaces(absent), $"linux.namespaces has no {absent} namespace"))],
        ["linux/namespaces/duplicate"] = [("linux.namespaces.1.type", "\"pid\"", "linux.namespaces[1].type")],
        ["linux/resources/cpu-burst"] = [("linux.resources", """{"cpu":{"quota":5000,"period":10000,"burst":5001}}""", "linux.resources.cpu.burst")],
        ["linux/seccomp/errno"] =
        [
            ("linux.seccomp", """{"defaultAction":"SCMP_ACT_KILL","defaultErrnoRet":1}""", "linux.seccomp.defaultErrnoRet"),
            ("linux.seccomp", Filtering("""{"names":["read"],"action":"SCMP_ACT_ALLOW","errnoRet":1}"""), "linux.seccomp.syscalls[0].errnoRet"),
        ],
        ["linux/seccomp/names"] =
        [
            ("linux.seccomp", Filtering("""{"names":[],"action":"SCMP_ACT_ALLOW"}"""), "linux.seccomp.syscalls[0].names"),
            ("linux.seccomp", Filtering("""{"action":"SCMP_ACT_ALLOW"}"""), "linux.seccomp.syscalls[0].names"),
        ],
        ["linux/seccomp/listener-metadata"] =
        [
            ("linux.seccomp", """{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"x"}""", "linux.seccomp.listenerMetadata"),
        ],
        ["linux/seccomp/listener"] =
        [
            ("linux.seccomp", """{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/listener"}""", "linux.seccomp.listenerPath"),
            ("linux.seccomp", """{"defaultAction":"SCMP_ACT_NOTIFY"}""", "linux.seccomp.defaultAction"),
            ("linux.seccomp", Filtering("""{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}"""), "linux.seccomp.syscalls[0].action"),
        ],
        ["linux/seccomp/listener-fails"] = [("linux.seccomp", """{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/nowhere/listener"}""", "linux.seccomp.listenerPath")],
        ["linux/resources/block-io"] =
        [
            ("linux.resources", """{"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":10},{"major":8,"minor":16}]}}""", "linux.resources.blockIO.weightDevice"),
        ],
        ["linux/resources/rdma"] = [("linux.resources", """{"rdma":{"mlx5_1":{"hcaHandles":3},"mlx4_0":{}}}""", "linux.resources.rdma")],
        ["linux/intel-rdt/rules"] =
        [
            ("linux.intelRdt", """{"closID":"group","l3CacheSchema":"L3:0=f"}""", "linux.intelRdt"),
            ("linux.intelRdt", """{"memBwSchema":"MB:0=20"}""", "linux.intelRdt"),
            ("linux.intelRdt", """{"enableCMT":true}""", "linux.intelRdt"),
        ],
        ["linux/intel-rdt/no-resctrl"] = [("linux.intelRdt", """{"closID":"group"}""", "linux.intelRdt")],
        ["linux/masked-paths/absolute"] = [("linux.maskedPaths", "[\"tmp\"]", "linux.maskedPaths[0]")],
        ["linux/readonly-paths/absolute"] = [("linux.readonlyPaths", "[\"tmp\"]", "linux.readonlyPaths[0]")],
    };

    /// <summary>The clauses that are tested here.</summary>
    public static TheoryData<string> Clauses => [.. s_refusals.Keys];

    [Theory]
    [MemberData(nameof(Clauses))]
    public async Task Should_name_the_field_and_create_nothing(string clause)
    {
        foreach (var (field, value, error) in s_refusals[clause])
        {
            var (bundle, id) = (life.Daemon.Bundle("true"), life.Daemon.NewId());

            (await life.Daemon.RunAsync("create", "--bundle", bundle.With(field, value is null ? null : JsonNode.Parse(value)).Path, id)).MustFail(1, error);

            (await life.Daemon.RunAsync("state", id)).MustFail(1, "does not exist");
        }
    }

    private static string Namespaces(string absent) => $"[{string.Join(',', s_namespaces.Where(type => type != absent).Select(type => $$"""{"type":"{{type}}"}"""))}]";

    private static string Filtering(string rule) => $$"""{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{{rule}}]}""";
}
