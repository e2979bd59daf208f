using System.Text;
using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

public class SpecParserSpecs
{
    [Fact]
    public void Should_read_every_section_when_the_spec_is_the_default_one()
    {
        var spec = Bundles.Accepted(DefaultSpec.Json.ToArray());
        Assert.Equal("1.0.2", spec.OciVersion);
        Assert.Equal(["sh"], spec.Process!.Args);
        Assert.Equal("/", spec.Process.Cwd);
        Assert.True(spec.Process.NoNewPrivileges);
        Assert.Equal(1024u, Assert.Single(spec.Process.Rlimits).Hard);
        Assert.Contains("CAP_KILL", spec.Process.Capabilities!.Bounding);
        Assert.Empty(spec.Process.Capabilities.Inheritable);
        Assert.True(spec.Root!.Readonly);
        Assert.Equal(7, spec.Mounts.Count);
        Assert.Equal(6, spec.Linux!.Namespaces.Count);
        Assert.Empty(spec.Annotations);
    }

    [Fact]
    public void Should_read_what_podman_writes_when_its_bundle_is_given()
    {
        var spec = Bundles.Accepted(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "podman-config.json")));
        Assert.Equal(["/bin/sh", "-c", "exit 3"], spec.Process!.Args);
        Assert.Equal(18u, spec.Process.User!.Umask);
        Assert.Equal(2048, spec.Linux!.Resources!.Pids!.Limit);
        Assert.Equal(4, spec.Mounts.Count(mount => mount.IsBind));
        Assert.Empty(PassedOver.List(spec));
    }

    [Fact]
    public void Should_read_a_spec_that_an_earlier_version_accepted_again()
    {
        var json = Bundles.With(root => root["linux"]!["sysctl"] = new JsonObject { ["kernel.pid_max"] = "1" });
        Bundles.Refused(json);

        Assert.True(SpecParser.TryReread(json, out var spec, out _));
        Assert.Equal("1", spec.Linux!.Sysctl["kernel.pid_max"]);
        Assert.False(SpecParser.TryReread("[]"u8.ToArray(), out _, out var error));
        Assert.Equal("config.json: not a JSON object", error!.Message);
    }

    [Fact]
    public void Should_treat_null_as_absent_when_a_list_or_section_is_null()
    {
        var spec = Bundles.Accepted(Bundles.With(root =>
        {
            root["mounts"] = null;
            root["annotations"] = null;
            root["process"]!["env"] = null;
            root["linux"]!["resources"] = null;
            root["unknown"] = new JsonObject { ["x"] = 1 };
        }));
        Assert.Empty(spec.Mounts);
        Assert.Empty(spec.Annotations);
        Assert.Empty(spec.Process!.Env);
    }

    [Theory]
    [InlineData("", "config.json: not JSON: syntax error in line 1")]
    [InlineData("{\n  \"a\": }", "config.json: not JSON: syntax error in line 2")]
    [InlineData("[]", "config.json: not a JSON object")]
    [InlineData("{}", "config.json: ociVersion is missing or empty")]
    [InlineData("{} x", "config.json: not JSON: syntax error in line 1")]
    [InlineData("{\"ociVersion\": 1}", "config.json: ociVersion has a value of the wrong type (line 1)")]
    [InlineData("{\"ociVersion\": \"1.0.0\",\n\"process\": {\"args\": [1]}}", "config.json: process.args[0] has a value of the wrong type (line 2)")]
    [InlineData("{\"annotations\": {\"\\u202e\": 1}}", "config.json: \"annotations.\\u202e\" has a value of the wrong type (line 1)")]
    [InlineData("{\n\"hostname\": \"a\\u0000b\"}", "config.json: a string in line 2 contains a NUL byte")]
    [InlineData("{\n\"hostname\": \"\\ud800\"}", "config.json: a string in line 2 is not valid Unicode")]
    public void Should_say_what_is_wrong_when_the_bytes_are_not_a_spec(string json, string message) =>
        Assert.Equal(message, Bundles.Refused(Encoding.UTF8.GetBytes(json)).Message);

    [Fact]
    public void Should_refuse_when_the_file_is_too_large_or_too_deep_or_not_text()
    {
        Assert.Equal("config.json: larger than 3145728 bytes", Bundles.Refused(new byte[SpecParser.MaxBytes + 1]).Message);
        var deep = Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 100) + new string(']', 100) + "}");
        Assert.Equal("config.json: nested deeper than 64 levels", Bundles.Refused(deep).Message);
        Assert.Equal("config.json: not JSON: it is not valid UTF-8", Bundles.Refused([(byte)'"', 0xff, (byte)'"']).Message);
        var many = Encoding.UTF8.GetBytes("{\"a\":[" + string.Join(',', Enumerable.Repeat("1", 500_001)) + "]}");
        Assert.Equal("config.json: more than 500000 JSON tokens", Bundles.Refused(many).Message);
    }

    [Theory]
    [InlineData("1.0.2-dev")]
    [InlineData("1.1.0+dev")]
    [InlineData("1.0.0-rc5")]
    public void Should_accept_when_the_version_is_1_x(string version) => Bundles.Accepted(Bundles.With(spec => spec["ociVersion"] = version));

    [Theory]
    [InlineData("2.0.0", "config.json: ociVersion \"2.0.0\" is not supported: only 1.x is")]
    [InlineData("1.0", "config.json: ociVersion \"1.0\" is not a semantic version")]
    [InlineData("banana", "config.json: ociVersion \"banana\" is not a semantic version")]
    [InlineData("1.0.0\n", "config.json: ociVersion \"1.0.0\\u000a\" is not a semantic version")]
    public void Should_refuse_when_the_version_is_another(string version, string message) =>
        Assert.Equal(message, Bundles.Refused(Bundles.With(spec => spec["ociVersion"] = version)).Message);
}
