using Google.Protobuf;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.EndToEnd.Tests;

/// <summary>A caller's mistakes: each gives a clear error that names subject and cause, and leaves nothing behind.</summary>
public sealed class BadInputSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const int Failed = 1;
    private const int Usage = 2;

    private static readonly Dictionary<string, Row> s_rows = new()
    {
        ["no id"] = new(Usage, ["\"create\" needs a container id"], (_, bundle) => ["create", "--bundle", bundle.Path]),
        ["unknown flag"] = new(Usage, ["--nonsense"], (daemon, _) => ["create", daemon.NewId(), "--nonsense"]),
        ["id empty"] = Id("", "container id is empty"),
        ["id too long"] = Id(new string('x', 1025), "1025 characters, at most 1024 are allowed"),
        ["id of a path"] = Id("../x", "container id \"../x\" is invalid"),
        ["id with a slash"] = Id("a/b", "container id \"a/b\" is invalid"),
        ["bundle missing"] = new(Failed, ["bundle \"/nowhere/bundle\"", "no such file or directory"],
            (daemon, _) => ["create", "--bundle", "/nowhere/bundle", daemon.NewId()]),
        ["bundle a file"] = new(Failed, ["bundle \"/bin/busybox\"", "not a directory"],
            (daemon, _) => ["create", "--bundle", "/bin/busybox", daemon.NewId()]),
        ["no config.json"] = Bundle(["config.json", "no such file or directory"], bundle => File.Delete(bundle.SpecFile)),
        ["config.json not JSON"] = Bundle(["not JSON: syntax error in line 1"], bundle => File.WriteAllText(bundle.SpecFile, "{ \"ociVersion\": ")),
        ["config.json empty"] = Bundle([], bundle => File.WriteAllText(bundle.SpecFile, "")),
        ["wrong ociVersion"] = Bundle(["ociVersion", "\"2.0.0\""], bundle => bundle.With("ociVersion", "2.0.0")),
        ["no process.args"] = Bundle(["process.args"], bundle => bundle.With("process.args", null)),
        ["process.args empty"] = Bundle(["process.args"], bundle => bundle.With("process.args", new JsonArray())),
        ["cwd not absolute"] = Bundle(["process.cwd", "\"tmp\"", "not an absolute path"], bundle => bundle.With("process.cwd", "tmp")),
        ["rootfs missing"] = Bundle(["rootfs", "no such file or directory"], bundle => Directory.Delete(bundle.Rootfs, recursive: true)),
        ["quota too small"] = Cpu(new JsonObject { ["quota"] = 10 }, "out of range"),
        ["quota absurd"] = Cpu(new JsonObject { ["quota"] = long.MaxValue, ["period"] = 100000 }, "out of range"),
        ["filter too long"] = new(Failed, ["config.json: linux.seccomp makes a filter of", "at most 4096 are allowed"],
            (daemon, bundle) => ["create", "--bundle", bundle.With("linux.seccomp", LongFilter()).Path, daemon.NewId()]),
        ["pid-file in a missing folder"] = new(Failed, ["pid-file \"/nowhere/pid\"", "folder does not exist"],
            (daemon, bundle) => ["create", "--bundle", bundle.Path, "--pid-file", "/nowhere/pid", daemon.NewId()]),
        ["bind source missing"] = new(Failed, ["source \"/nowhere/source\" of mount \"/data\"", "no such file or directory"], (daemon, bundle) =>
        {
            AddMount(bundle, "/nowhere/source");
            return ["create", "--bundle", bundle.Path, daemon.NewId()];
        }),
        ["unknown container started"] = Unknown("start"),
        ["unknown container killed"] = Unknown("kill"),
        ["unknown container deleted"] = Unknown("delete"),
        ["unknown container's state"] = Unknown("state"),
        ["unknown sandbox inspected"] = new(Failed, ["\"nobody\""], (_, _) => ["sandbox", "inspect", "nobody"]),
    };

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    // Only the daemon, which compiles it, can know.
    private static JsonObject LongFilter() => new()
    {
        ["defaultAction"] = "SCMP_ACT_ALLOW",
        ["syscalls"] = new JsonArray([.. Enumerable.Range(0, 2000).Select(i => new JsonObject
        {
            ["names"] = new JsonArray("read"),
            ["action"] = "SCMP_ACT_ERRNO",
            ["args"] = new JsonArray(new JsonObject { ["index"] = 0, ["value"] = (i * 7L) << 33, ["op"] = "SCMP_CMP_EQ" }),
        })]),
    };

    public static TheoryData<string> Rows => [.. s_rows.Keys];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Should_name_subject_and_cause_and_leave_nothing(string name)
    {
        var row = s_rows[name];
        var bundle = _daemon.Bundle("true");
        var arguments = row.Arrange(_daemon, bundle);
        var before = await HostSnapshot.TakeAsync(_daemon);

        var result = await _daemon.RunAsync(arguments);

        result.MustFail(row.ExitCode, row.Fragments);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_refuse_an_id_in_use_and_leave_its_container_alone()
    {
        var bundle = _daemon.Bundle("sleep", "1000");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id);
        var before = await HostSnapshot.TakeAsync(_daemon);

        await FailsAsync([$"\"{id}\"", "in use"], "create", "--bundle", bundle.Path, id);

        Assert.Equal("running", await _daemon.StatusAsync(id));
        await before.MustBeRestoredAsync();
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_refuse_what_the_state_of_the_container_does_not_allow()
    {
        var bundle = _daemon.Bundle("sleep", "1000");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);
        var before = await HostSnapshot.TakeAsync(_daemon);

        await FailsAsync([$"\"{id}\"", "running"], "start", id);
        await FailsAsync([$"\"{id}\"", "running"], "delete", id);
        await FailsAsync(["signal \"NONSENSE\" is unknown"], "kill", id, "NONSENSE");
        await FailsAsync(["signal \"0x9\" is unknown"], "kill", id, "0x9");
        await FailsAsync(["signal \"65\" is unknown"], "kill", id, "65");
        Assert.Equal("running", await _daemon.StatusAsync(id));
        await before.MustBeRestoredAsync();

        await _daemon.SucceedAsync("kill", id, "KILL");
        await _daemon.StatusAsync(id, "stopped");
        await FailsAsync([$"\"{id}\"", "not running"], "kill", id, "TERM");
        await FailsAsync([$"\"{id}\"", "stopped"], "start", id);
        await _daemon.SucceedAsync("delete", id);
    }

    // No command line can hold a NUL, but a request can.
    [Theory]
    [InlineData("a\0b")]
    [InlineData("../x")]
    [InlineData("")]
    public async Task Should_refuse_an_id_that_only_the_wire_can_bring(string id)
    {
        var bundle = _daemon.Bundle("true");
        var before = await HostSnapshot.TakeAsync(_daemon);
        await using var client = new TtrpcClient(await UnixSocketTransport.ConnectAsync(_daemon.Address, Eventually.Deadline, TestContext.Current.CancellationToken));
        var request = new CreateRequest
        {
            Container = new ContainerRef { Root = "/run/kata-actors", Id = id },
            Spec = ByteString.CopyFromUtf8(bundle.Spec.ToJsonString()),
        };

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => client.CallAsync(
            "kataactors.v1.Control", "Create", request, CreateResponse.Parser, Eventually.Deadline, TestContext.Current.CancellationToken));

        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.StartsWith("container id ", failure.Message, StringComparison.Ordinal);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_name_a_missing_executable_at_create()
    {
        var bundle = _daemon.Bundle("/bin/no-such-program");
        await FailsAsync(["/bin/no-such-program", "no such file"], "create", "--bundle", bundle.Path, _daemon.NewId());
    }

    [Fact]
    public async Task Should_name_a_missing_executable_at_start_when_only_the_guest_can_know()
    {
        var bundle = _daemon.Bundle("/dev/shm/no-such-program");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("create", "--bundle", bundle.Path, id);

        await FailsAsync(["/dev/shm/no-such-program", "no such file"], "start", id);

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_leave_nothing_when_run_cannot_start_the_process()
    {
        var bundle = _daemon.Bundle("no-such-program");
        var before = await HostSnapshot.TakeAsync(_daemon);

        await FailsAsync(["no-such-program", "not found"], "run", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, _daemon.NewId());

        File.Delete(bundle.PidFile);
        await before.MustBeRestoredAsync();
    }

    private static Row Id(string id, string cause) =>
        new(Failed, [cause], (_, bundle) => ["create", "--bundle", bundle.Path, id]);

    private static Row Unknown(string verb) => new(Failed, ["\"nobody\""], (_, _) => [verb, "nobody"]);

    private static Row Cpu(JsonObject cpu, string cause) => Bundle(
        ["linux.resources.cpu.quota", cause], bundle => bundle.With("linux.resources", new JsonObject { ["cpu"] = cpu.DeepClone() }));

    private static Row Bundle(string[] fragments, Action<TestBundle> spoil) => new(Failed, ["bundle", .. fragments], (daemon, bundle) =>
    {
        spoil(bundle);
        return ["create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, daemon.NewId()];
    });

    private static void AddMount(TestBundle bundle, string source)
    {
        bundle.Spec["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/data",
            ["type"] = "bind",
            ["source"] = source,
            ["options"] = new JsonArray("rbind"),
        });
        bundle.Save();
    }

    private async Task FailsAsync(string[] fragments, params string[] arguments) => (await _daemon.RunAsync(arguments)).MustFail(Failed, fragments);

    private sealed record Row(int ExitCode, string[] Fragments, Func<DaemonUnderTest, TestBundle, string[]> Arrange);
}
