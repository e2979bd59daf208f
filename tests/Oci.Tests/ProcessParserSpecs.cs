using System.Text;
using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

/// <summary>The documents of <c>exec --process</c>.</summary>
public class ProcessParserSpecs
{
    [Fact]
    public void Should_read_a_process_and_write_the_same_again()
    {
        var process = Accepted("""
            {
                "user": {"uid": 1, "gid": 2, "umask": 18, "additionalGids": [3]}, "args": ["sh", "-c", "é \u0041"], "env": ["A=1"], "cwd": "/x",
                "capabilities": {"bounding": ["CAP_KILL"], "ambient": ["CAP_FLY"]}, "rlimits": [{"type": "RLIMIT_CORE", "soft": 1, "hard": 18446744073709551615}],
                "noNewPrivileges": true, "apparmorProfile": "p", "selinuxLabel": "l", "oomScoreAdj": -5
            }
            """);
        Assert.Equal(["sh", "-c", "é A"], process.Args);
        Assert.Equal((1u, 2u, 18u), (process.User!.Uid, process.User.Gid, process.User.Umask));
        Assert.Equal(ulong.MaxValue, process.Rlimits[0].Hard);
        Assert.Equal((true, "p", "l", -5), (process.NoNewPrivileges, process.ApparmorProfile, process.SelinuxLabel, process.OomScoreAdj));

        var written = ProcessParser.Write(process);
        Assert.Equal(written, ProcessParser.Write(Accepted(Encoding.UTF8.GetString(written))));
    }

    [Theory]
    [InlineData("ж", 300_000)]
    [InlineData("😀", 200_000)]
    [InlineData("\u007f\u2028\ue000\uffff", 10)]
    [InlineData("<&>'+", 10)]
    [InlineData("\\n\\\"\\\\\\u0001\\u001B", 10)]
    public void Should_write_text_of_any_script_as_it_was_read(string part, int times)
    {
        var entry = $"\"A={string.Concat(Enumerable.Repeat(part, times))}\"";
        var process = Accepted($$"""{"args": ["sh"], "cwd": "/", "env": [{{entry}}]}""");

        var written = Encoding.UTF8.GetString(ProcessParser.Write(process));

        Assert.Contains(entry, written, StringComparison.Ordinal);
        Assert.Equal(process.Env, Accepted(written).Env);
    }

    [Theory]
    [InlineData("""{"args": ["sh"], "cwd": "/"}""")]
    [InlineData("""{"args": ["sh"], "cwd": "/", "user": null, "env": null, "capabilities": null, "rlimits": null, "scheduler": null}""")]
    [InlineData("""{"args": ["sh"], "cwd": "/", "consoleSize": {"height": 1, "width": 2}, "noSuchField": []}""")]
    public void Should_take_defaults_and_pass_over_unknown_fields(string json)
    {
        var process = Accepted(json);
        Assert.Equal((false, "/"), (process.Terminal, process.Cwd));
        Assert.Empty(process.Env);
        Assert.Null(process.Capabilities);
    }

    [Fact]
    public void Should_take_what_a_configuration_has_as_its_process() =>
        Assert.Equal(["sh"], Accepted(JsonNode.Parse(DefaultSpec.Json)!["process"]!.ToJsonString()).Args);

    [Theory]
    [InlineData("", "not JSON: syntax error in line 1")]
    [InlineData("{", "not JSON: syntax error in line 1")]
    [InlineData("null", "not a JSON object")]
    [InlineData("\"sh\"", "not a JSON object")]
    [InlineData("{}", "process.args is missing or empty")]
    [InlineData("""{"process": {"args": ["sh"], "cwd": "/"}}""", "process.args is missing or empty")]
    [InlineData("""{"args": ["sh"]}""", "process.cwd is missing or empty")]
    [InlineData("""{"args": {}}""", "args has a value of the wrong type (line 1)")]
    [InlineData("""{"args": [1]}""", "args[0] has a value of the wrong type (line 1)")]
    [InlineData("{\n\"user\": {\"uid\": \"root\"}}", "user.uid has a value of the wrong type (line 2)")]
    [InlineData("""{"terminal": 1}""", "terminal has a value of the wrong type (line 1)")]
    [InlineData("""{"args": ["a\u0000b"]}""", "a string in line 1 contains a NUL byte")]
    [InlineData("""{"args": ["sh"], "cwd": "/", "ioPriority": {"class": "NONE"}}""", "process.ioPriority.class \"NONE\" is not a known class")]
    public void Should_name_field_and_cause_when_the_document_is_bad(string json, string message) =>
        Assert.Equal("process: " + message, Refused(Encoding.UTF8.GetBytes(json)).Message);

    [Fact]
    public void Should_tell_unsupported_from_invalid()
    {
        Assert.Equal(SpecErrorKind.Unsupported, Refused("""{"args": ["sh"], "cwd": "/", "scheduler": {"policy": "SCHED_ISO"}}"""u8.ToArray()).Kind);
        Assert.Equal(SpecErrorKind.Invalid, Refused("{}"u8.ToArray()).Kind);
    }

    [Fact]
    public void Should_refuse_what_is_too_large_or_too_deep()
    {
        Assert.Equal("process: larger than 3145728 bytes", Refused(new byte[ProcessParser.MaxBytes + 1]).Message);
        var deep = $"{{\"x\": {new string('[', 100)}{new string(']', 100)}}}";
        Assert.Equal("process: nested deeper than 64 levels", Refused(Encoding.UTF8.GetBytes(deep)).Message);
        var largest = """{"args": ["sh"], "cwd": "/"}""".PadRight(ProcessParser.MaxBytes);
        Assert.Equal("/", Accepted(largest).Cwd);
    }

    [Fact]
    public void Should_name_what_a_process_asks_for_in_vain() =>
        Assert.Equal(
            ["process.apparmorProfile is not applied", "process.capabilities: \"CAP_FLY\" is unknown and not given"],
            PassedOver.List(Accepted("""{"args": ["sh"], "cwd": "/", "apparmorProfile": "p", "capabilities": {"bounding": ["CAP_FLY"]}}""")));

    private static ProcessSpec Accepted(string json)
    {
        Assert.True(ProcessParser.TryParse(Encoding.UTF8.GetBytes(json), out var process, out var error), error?.Message);
        return process;
    }

    private static SpecError Refused(byte[] json)
    {
        Assert.False(ProcessParser.TryParse(json, out _, out var error));
        Assert.DoesNotContain('\n', error.Message);
        return error;
    }
}
