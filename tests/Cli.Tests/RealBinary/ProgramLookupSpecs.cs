using System.Text.Json.Nodes;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>
/// The container's program at <c>create</c>, in runc's words: podman and docker take 127 from "executable file not found" and "no such file or directory", and 126
/// from "permission denied".
/// </summary>
public sealed class ProgramLookupSpecs : IAsyncDisposable
{
    private readonly CliFixture _fixture = new();

    public ProgramLookupSpecs()
    {
        _fixture.AddProgram("usr/bin/tool");
        _fixture.AddProgram("usr/bin/data", UnixFileMode.UserRead);
        _fixture.AddProgram("opt/data", UnixFileMode.UserRead);
        Link("link", "usr/bin/tool");
        Link("absolute", "/usr/bin/tool");
        Link("up", "../../../../usr/bin/tool");
        Link("out", "/etc/passwd");
        Link("loop", "loop");
        Link("folder", "/usr/bin");
        Link("later", "/mnt/tool");
    }

    [Theory]
    [InlineData("nosuch", "exec: \"nosuch\": executable file not found in $PATH")]
    [InlineData("data", "exec: \"data\": executable file not found in $PATH")]
    [InlineData("/nosuch", "exec: \"/nosuch\": stat /nosuch: no such file or directory")]
    [InlineData("/usr/bin/tool/x", "exec: \"/usr/bin/tool/x\": stat /usr/bin/tool/x: not a directory")]
    [InlineData("/opt/data", "exec: \"/opt/data\": permission denied")]
    [InlineData("/usr/bin", "exec: \"/usr/bin\": permission denied")]
    [InlineData("/folder", "exec: \"/folder\": permission denied")]
    [InlineData("/", "exec: \"/\": permission denied")]
    [InlineData("./tool", "exec: \"./tool\": stat ./tool: no such file or directory")]
    [InlineData("/loop", "exec: \"/loop\": too many levels of symbolic links")]
    [InlineData("/out", "exec: \"/out\": stat /out: no such file or directory")]
    [InlineData("/../../etc/passwd", "exec: \"/../../etc/passwd\": stat /../../etc/passwd: no such file or directory")]
    public async Task Should_refuse_a_program_that_does_not_exist(string program, string message)
    {
        Assert.Equal(new CommandResult(1, "", $"kata-actors: unable to start container process: {message}\n"), await CreateAsync(program));
        Assert.Empty(_fixture.Daemon!.Requests);
        Assert.False(File.Exists(_fixture.PidFile));
    }

    [Theory]
    [InlineData("tool")]
    [InlineData("/usr/bin/tool")]
    [InlineData("usr/bin/tool")]
    [InlineData("/link")]
    [InlineData("/absolute")]
    [InlineData("/up")]
    [InlineData("/folder/tool")]
    [InlineData("/usr/../usr//bin/./tool")]
    public async Task Should_take_a_program_that_exists(string program) => Assert.Equal(new CommandResult(0, "", ""), await CreateAsync(program));

    [Theory]
    [InlineData("/mnt/tool", "/mnt")]
    [InlineData("/later", "/mnt")]
    [InlineData("/folder/nosuch", "/usr")]
    [InlineData("/usr/bin/nosuch", "/folder")]
    [InlineData("/usr/bin/data", "/usr/bin/data")]
    [InlineData("/mnt/../mnt/tool", "/mnt/")]
    [InlineData("/dev/tool", null)]
    public async Task Should_leave_to_the_guest_what_a_mount_may_hold(string program, string? mount)
    {
        if (mount is not null)
        {
            _fixture.WriteSpec(spec => spec["mounts"]!.AsArray().Add(new JsonObject { ["destination"] = mount, ["type"] = "tmpfs", ["source"] = "tmpfs" }));
        }

        Assert.Equal(new CommandResult(0, "", ""), await CreateAsync(program, keepSpec: mount is not null));
    }

    [Fact]
    public async Task Should_leave_to_the_guest_what_a_hook_may_make()
    {
        _fixture.WriteSpec(spec => spec["hooks"] = JsonNode.Parse("""{"prestart": [{"path": "/bin/true"}]}"""));
        Assert.Equal(new CommandResult(0, "", ""), await CreateAsync("/nosuch", keepSpec: true));
    }

    [Fact]
    public async Task Should_search_by_the_last_path_of_the_environment()
    {
        _fixture.WriteSpec(spec => spec["process"]!["env"] = new JsonArray("PATH=/usr/bin", "PATH=/opt"));
        Assert.Equal(
            new CommandResult(1, "", "kata-actors: unable to start container process: exec: \"tool\": executable file not found in $PATH\n"),
            await CreateAsync("tool", keepSpec: true));
    }

    [Fact]
    public async Task Should_fail_the_run_too()
    {
        Change("nosuch", keepSpec: false);
        var result = await _fixture.RunAsync("run", "--bundle", _fixture.Bundle, "c1");
        Assert.Equal(new CommandResult(1, "", "kata-actors: unable to start container process: exec: \"nosuch\": executable file not found in $PATH\n"), result);
        Assert.Empty(_fixture.Daemon!.Requests.OfType<CreateRequest>());
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private Task<CommandResult> CreateAsync(string program, bool keepSpec = false)
    {
        Change(program, keepSpec);
        return _fixture.RunAsync("create", "--bundle", _fixture.Bundle, "--pid-file", _fixture.PidFile, "c1");
    }

    private void Change(string program, bool keepSpec)
    {
        var file = Path.Combine(_fixture.Bundle, "config.json");
        var spec = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        spec["process"]!["args"] = new JsonArray(program);
        if (!keepSpec)
        {
            spec["mounts"] = new JsonArray();
        }

        File.WriteAllText(file, spec.ToJsonString());
    }

    private void Link(string path, string target) => File.CreateSymbolicLink(Path.Combine(_fixture.Bundle, "rootfs", path), target);
}
