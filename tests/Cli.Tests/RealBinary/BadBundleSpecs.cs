using System.Text.Json.Nodes;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>Bundles that <c>create</c> refuses before its request to the daemon.</summary>
public class BadBundleSpecs
{
    [Fact]
    public async Task Should_refuse_when_the_bundle_is_missing_or_a_file_or_empty()
    {
        await using var fixture = new CliFixture();
        await RefusedAsync(fixture, "bundle \"/no/such\": no such file or directory", "--bundle", "/no/such", "c1");
        await RefusedAsync(fixture, "bundle \"/etc/passwd\": not a directory", "--bundle", "/etc/passwd", "c1");
        await RefusedAsync(fixture, "bundle path is empty", "--bundle", "", "c1");
        var empty = Directory.CreateDirectory(fixture.File("empty")).FullName;
        await RefusedAsync(fixture, $"bundle \"{empty}\": config.json: no such file or directory", "--bundle", empty, "c1");
        Directory.CreateDirectory(Path.Combine(empty, "config.json"));
        await RefusedAsync(fixture, $"bundle \"{empty}\": config.json: is a directory", "--bundle", empty, "c1");
    }

    [Fact]
    public async Task Should_refuse_when_the_spec_or_a_namespace_is_a_fifo()
    {
        await using var fixture = new CliFixture();
        var fifo = fixture.File("fifo");
        await ChildScript.RunAsync($"mkfifo {fifo} && ln -s {fifo} {fixture.Bundle}/linked");
        fixture.WriteSpec(spec => spec["linux"]!["namespaces"]!.AsArray().Single(entry => (string?)entry!["type"] == "network")!["path"] = fifo);
        await RefusedAsync(fixture, $"network namespace \"{fifo}\": is a FIFO, not a namespace", "--bundle", fixture.Bundle, "c1");
        System.IO.File.Move(Path.Combine(fixture.Bundle, "linked"), Path.Combine(fixture.Bundle, "config.json"), overwrite: true);
        await RefusedAsync(fixture, $"bundle \"{fixture.Bundle}\": config.json: is a FIFO, not a regular file", "--bundle", fixture.Bundle, "c1");
    }

    [Fact]
    public async Task Should_refuse_when_the_spec_is_no_spec()
    {
        await using var fixture = new CliFixture();
        await System.IO.File.WriteAllTextAsync(Path.Combine(fixture.Bundle, "config.json"), "not json");
        await RefusedAsync(fixture, $"bundle \"{fixture.Bundle}\": config.json: not JSON: syntax error in line 1", "--bundle", fixture.Bundle, "c1");
        await System.IO.File.WriteAllBytesAsync(Path.Combine(fixture.Bundle, "config.json"), new byte[4 * 1024 * 1024]);
        await RefusedAsync(fixture, $"bundle \"{fixture.Bundle}\": config.json: larger than 3145728 bytes", "--bundle", fixture.Bundle, "c1");
    }

    [Theory]
    [InlineData("ociVersion", "\"2.0.0\"", "config.json: ociVersion \"2.0.0\" is not supported: only 1.x is")]
    [InlineData("process", "{\"args\": [], \"cwd\": \"/\"}", "config.json: process.args is missing or empty")]
    [InlineData("process", "{\"args\": [\"sh\"], \"cwd\": \"tmp\"}", "config.json: process.cwd \"tmp\" is not an absolute path")]
    [InlineData("annotations", "{\"io.kubernetes.cri.container-type\": \"pod\"}", "config.json: annotation \"io.kubernetes.cri.container-type\" has an unknown container type: \"pod\"")]
    [InlineData("annotations", "{\"io.kubernetes.cri.container-type\": \"container\"}", "config.json: annotation \"io.kubernetes.cri.sandbox-id\" is missing: a container must name its sandbox")]
    public async Task Should_refuse_when_the_spec_breaks_a_rule(string field, string value, string message)
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec => spec[field] = JsonNode.Parse(value));
        await RefusedAsync(fixture, $"bundle \"{fixture.Bundle}\": {message}", "--bundle", fixture.Bundle, "c1");
    }

    [Theory]
    [InlineData("{\"quota\": 1}", "quota 1 is out of range: 1000 to 819200000 µs is allowed")]
    [InlineData("{\"quota\": 1, \"period\": 100000}", "quota 1 is out of range: 1000 to 819200000 µs is allowed")]
    public async Task Should_refuse_when_the_quota_is_no_quota(string cpu, string message)
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec => spec["linux"]!["resources"] = new JsonObject { ["cpu"] = JsonNode.Parse(cpu) });
        await RefusedAsync(fixture, $"bundle \"{fixture.Bundle}\": config.json: linux.resources.cpu.{message}", "--bundle", fixture.Bundle, "c1");
    }

    [Fact]
    public async Task Should_refuse_when_what_the_spec_names_is_missing()
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec => spec["root"]!["path"] = "gone");
        await RefusedAsync(fixture, $"rootfs \"{fixture.Bundle}/gone\": no such file or directory", "--bundle", fixture.Bundle, "c1");
        fixture.WriteSpec(spec => spec["root"]!["path"] = "config.json");
        await RefusedAsync(fixture, $"rootfs \"{fixture.Bundle}/config.json\": not a directory", "--bundle", fixture.Bundle, "c1");
        fixture.WriteSpec(spec => spec["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination": "/d", "type": "bind", "source": "/no/such"}""")));
        await RefusedAsync(fixture, "source \"/no/such\" of mount \"/d\": no such file or directory", "--bundle", fixture.Bundle, "c1");
        fixture.WriteSpec(spec => spec["linux"]!["namespaces"]!.AsArray().Single(entry => (string?)entry!["type"] == "network")!["path"] = "/no/such");
        await RefusedAsync(fixture, "network namespace \"/no/such\": no such file or directory", "--bundle", fixture.Bundle, "c1");
    }

    [Fact]
    public async Task Should_refuse_when_an_option_asks_for_what_is_not_there()
    {
        await using var fixture = new CliFixture();
        await RefusedAsync(fixture, "pid-file \"/no/such/pid\": its folder does not exist", "--bundle", fixture.Bundle, "--pid-file", "/no/such/pid", "c1");
        await RefusedAsync(
            fixture, "--preserve-fds 2: descriptors cannot be passed into a virtual machine", "--bundle", fixture.Bundle, "--preserve-fds", "2", "c1");
        var id = new string('x', 1025);
        await RefusedAsync(fixture, $"container id \"{id[..80]}…\" is invalid: 1025 characters, at most 1024 are allowed", "--bundle", fixture.Bundle, id);
    }

    private static async Task RefusedAsync(CliFixture fixture, string message, params string[] arguments)
    {
        Assert.Equal(new CommandResult(1, "", $"kata-actors: {message}\n"), await fixture.RunAsync(["create", .. arguments]));
        Assert.Empty(fixture.Daemon!.Requests);
    }
}
