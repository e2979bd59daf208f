using System.CommandLine;
using System.Text.Json.Nodes;
using KataActors.Cli.Bundles;
using KataActors.Cli.Commands;
using KataActors.Cli.Output;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests;

/// <summary>Paths of a caller that are not regular files: none of them is opened, since an open could hang or have effects.</summary>
public sealed class CallerFilesSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public CallerFilesSpecs() => Directory.CreateDirectory(_directory.File("rootfs"));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("mkfifo", "", "is a FIFO, not a regular file")]
    [InlineData("mknod", "c 1 3", "is a character device, not a regular file")]
    [InlineData("mknod", "b 7 99", "is a block device, not a regular file")]
    public async Task Should_refuse_a_spec_that_is_no_file(string make, string kind, string cause)
    {
        await ChildScript.RunAsync($"{make} {_directory.File("config.json")} {kind}");

        Assert.Equal($"bundle \"{_directory.Path}\": config.json: {cause}", await RefusedAsync(() => Bundle.Read(_directory.Path)));
    }

    [Fact]
    public void Should_take_a_spec_through_a_symbolic_link()
    {
        WriteSpec("elsewhere.json", _ => { });
        File.CreateSymbolicLink(_directory.File("config.json"), "elsewhere.json");

        Assert.Equal(_directory.Path, Bundle.Read(_directory.Path).DirectoryPath);
    }

    [Theory]
    [InlineData("mkfifo", "", "is a FIFO, not a regular file")]
    [InlineData("mknod", "c 1 5", "is a character device, not a regular file")]
    [InlineData("mkdir", "", "is a directory")]
    public async Task Should_refuse_limits_that_are_in_no_file(string make, string kind, string cause)
    {
        var path = _directory.File("limits");
        await ChildScript.RunAsync($"{make} {path} {kind}");

        Assert.Equal($"--resources \"{path}\": {cause}", await RefusedAsync(() => ReadLimits(path)));
    }

    [Fact]
    public async Task Should_refuse_limits_that_are_too_large()
    {
        var path = _directory.Write("limits", new string(' ', 1024 * 1024 + 1));

        Assert.Equal($"--resources \"{path}\": larger than 1048576 bytes", await RefusedAsync(() => ReadLimits(path)));
    }

    [Fact]
    public void Should_read_limits_from_a_file() =>
        Assert.Equal("{}", System.Text.Encoding.UTF8.GetString(ReadLimits(_directory.Write("limits", "{}"))));

    [Theory]
    [InlineData("mkfifo", "", "is a FIFO, not a regular file")]
    [InlineData("mknod", "c 1 3", "is a character device, not a regular file")]
    public async Task Should_refuse_to_replace_what_is_no_file_by_the_pid(string make, string kind, string cause)
    {
        var path = _directory.File("pid");
        await ChildScript.RunAsync($"{make} {path} {kind}");

        Assert.Equal($"pid-file \"{path}\": {cause}", await RefusedAsync(() => PidFile.Prepare(path)));
    }

    [Theory]
    [InlineData("network")]
    [InlineData("ipc")]
    public async Task Should_refuse_a_namespace_that_is_none_or_of_another_kind(string type)
    {
        var fifo = _directory.File("fifo");
        await ChildScript.RunAsync($"mkfifo {fifo}");

        Assert.Equal($"{type} namespace \"{fifo}\": is a FIFO, not a namespace", await RefusedAsync(() => OpenWith(type, fifo)));
        Assert.Equal($"{type} namespace \"/dev/null\": is a character device, not a namespace", await RefusedAsync(() => OpenWith(type, "/dev/null")));
        Assert.Equal($"{type} namespace \"/etc/passwd\": is a regular file, not a namespace", await RefusedAsync(() => OpenWith(type, "/etc/passwd")));
        Assert.Equal(
            $"{type} namespace \"/proc/self/ns/mnt\": is a namespace of kind mount, not {type}", await RefusedAsync(() => OpenWith(type, "/proc/self/ns/mnt")));
    }

    [Fact]
    public void Should_take_a_namespace_of_the_stated_kind() => OpenWith("ipc", "/proc/self/ns/ipc").Dispose();

    [Fact]
    public async Task Should_refuse_the_network_namespace_of_the_host() => Assert.Equal(
        "network namespace \"/proc/self/ns/net\" is the host's own, which a VM cannot share", await RefusedAsync(() => OpenWith("network", "/proc/self/ns/net")));

    [Theory]
    [InlineData("mkfifo", "", "a FIFO")]
    [InlineData("mknod", "c 1 5", "a character device")]
    public async Task Should_refuse_a_log_that_is_no_file(string make, string kind, string cause)
    {
        var path = _directory.File("log");
        await ChildScript.RunAsync($"{make} {path} {kind}");

        Assert.Equal($"open \"{path}\": is {cause}, not a regular file", await RefusedAsync<LinuxException>(() => CommandLog.Open(path, json: false, debug: false)));
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/stderr")]
    public void Should_take_a_log_that_goes_nowhere_or_to_an_open_stream(string path) => CommandLog.Open(path, json: false, debug: false).Dispose();

    [Fact]
    public void Should_append_to_the_log_that_is_there_and_make_one_that_is_not()
    {
        var path = _directory.File("log");
        foreach (var message in new[] { "first", "second" })
        {
            using var log = CommandLog.Open(path, json: false, debug: false);
            log.Error(message);
        }

        Assert.Collection(File.ReadAllLines(path), line => Assert.EndsWith("\"first\"", line), line => Assert.EndsWith("\"second\"", line));
    }

    [Fact]
    public void Should_make_the_log_where_a_link_leads_when_it_was_rotated_away()
    {
        File.CreateSymbolicLink(_directory.File("link"), "log");

        using (var log = CommandLog.Open(_directory.File("link"), json: false, debug: false))
        {
            log.Error("told");
        }

        Assert.EndsWith("\"told\"", Assert.Single(File.ReadAllLines(_directory.File("log"))));
    }

    [Theory]
    [InlineData("/dev/shm", true)]
    [InlineData("shm", false)]
    public void Should_measure_the_file_system_that_is_bound_on_shared_memory(string source, bool isMeasured)
    {
        Directory.CreateDirectory(_directory.File("rootfs"));
        Directory.CreateDirectory(_directory.File("shm"));
        WriteSpec("config.json", spec => spec["mounts"] = new JsonArray(
            new JsonObject { ["destination"] = "/dev/shm", ["type"] = "bind", ["source"] = source, ["options"] = new JsonArray("bind") }));

        using var descriptors = BundleDescriptors.Open(Bundle.Read(_directory.Path));

        Assert.Equal(isMeasured ? new DriveInfo("/dev/shm").TotalSize : 0, descriptors.SharedMemoryBytes);
    }

    [Fact]
    public void Should_make_an_overlay_of_the_callers_directories_or_say_why_not()
    {
        Directory.CreateDirectory(_directory.File("rootfs"));
        foreach (var name in new[] { "lower", "upper", "work" })
        {
            Directory.CreateDirectory(_directory.File(name));
        }

        File.WriteAllText(_directory.File("lower/below"), "");
        WriteSpec("config.json", spec => spec["mounts"] = new JsonArray(Overlay(_directory.File("lower"))));

        using (var descriptors = BundleDescriptors.Open(Bundle.Read(_directory.Path)))
        {
            var tree = $"/proc/self/fd/{descriptors.Handles[1].DangerousGetHandle()}";
            Assert.Equal("below", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(tree))));
            File.WriteAllText($"{tree}/above", "");
        }

        Assert.True(File.Exists(_directory.File("upper/above")));
        Assert.False(File.Exists(_directory.File("lower/above")));
        WriteSpec("config.json", spec => spec["mounts"] = new JsonArray(Overlay("/no/such")));
        Assert.StartsWith("overlay of mount \"/data\": ", Assert.Throws<CommandFailure>(() => BundleDescriptors.Open(Bundle.Read(_directory.Path))).Message);

        JsonObject Overlay(string lower) => new()
        {
            ["destination"] = "/data",
            ["type"] = "overlay",
            ["source"] = "overlay",
            ["options"] = new JsonArray($"lowerdir={lower}", $"upperdir={_directory.File("upper")}", $"workdir={_directory.File("work")}", "private"),
        };
    }

    private BundleDescriptors OpenWith(string type, string path)
    {
        WriteSpec("config.json", spec =>
        {
            spec["annotations"] = new JsonObject { ["io.kubernetes.cri.container-type"] = "container", ["io.kubernetes.cri.sandbox-id"] = "pod" };
            spec["linux"]!["namespaces"]!.AsArray().Single(entry => (string?)entry!["type"] == type)!["path"] = path;
        });
        return BundleDescriptors.Open(Bundle.Read(_directory.Path));
    }

    private void WriteSpec(string name, Action<JsonObject> change)
    {
        var spec = JsonNode.Parse(DefaultSpec.Json)!.AsObject();
        change(spec);
        _directory.Write(name, spec.ToJsonString());
    }

    private static byte[] ReadLimits(string path)
    {
        var options = new UpdateOptions();
        var command = new Command("update");
        options.AddTo(command);
        return options.Read(command.Parse(["--resources", path]));
    }

    // Off the test's thread, because a failure may hang.
    private static async Task<string> RefusedAsync<TFailure>(Action action)
        where TFailure : Exception =>
        (await Assert.ThrowsAsync<TFailure>(() => Task.Run(action).WaitAsync(Deadline.Span))).Message;

    private static Task<string> RefusedAsync(Action action) => RefusedAsync<CommandFailure>(action);
}
