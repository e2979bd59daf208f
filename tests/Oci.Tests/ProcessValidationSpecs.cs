using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

public class ProcessValidationSpecs
{
    [Theory]
    [InlineData("args", "[]", "process.args is missing or empty")]
    [InlineData("args", "null", "process.args is missing or empty")]
    [InlineData("args", "[\"\"]", "process.args[0] is missing or empty")]
    [InlineData("args", "[\"sh\", null]", "process.args[1] is null")]
    [InlineData("cwd", "\"\"", "process.cwd is missing or empty")]
    [InlineData("cwd", "\"tmp\"", "process.cwd \"tmp\" is not an absolute path")]
    [InlineData("env", "[\"A=1\", \"B\"]", "process.env[1] \"B\" is not of the form NAME=VALUE")]
    [InlineData("env", "[\"=x\"]", "process.env[0] \"=x\" is not of the form NAME=VALUE")]
    [InlineData("user", "{\"umask\": 512}", "process.user.umask 512 is out of range: at most 511 (0777) is allowed")]
    [InlineData("user", "{\"uid\": -1}", "process.user.uid has a value of the wrong type (line 1)")]
    [InlineData("user", "{\"uid\": 4294967295}", "process.user.uid 4294967295 is no id of a user or group")]
    [InlineData("user", "{\"gid\": 4294967295}", "process.user.gid 4294967295 is no id of a user or group")]
    [InlineData("user", "{\"additionalGids\": [0, 4294967295]}", "process.user.additionalGids[1] 4294967295 is no id of a user or group")]
    [InlineData("capabilities", "{\"bounding\": [\"CAP_KILL\", null]}", "process.capabilities.bounding[1] is null")]
    [InlineData("rlimits", "[{\"type\": \"RLIMIT_X\"}]", "process.rlimits[0].type \"RLIMIT_X\" is not a known resource limit")]
    [InlineData("rlimits", "[{\"type\": \"RLIMIT_CPU\"}, {\"type\": \"RLIMIT_CPU\"}]", "process.rlimits[1].type \"RLIMIT_CPU\" is given twice")]
    [InlineData("rlimits", "[{\"type\": \"RLIMIT_CPU\", \"soft\": 2, \"hard\": 1}]", "process.rlimits[0] has a soft limit (2) above its hard limit (1)")]
    [InlineData("oomScoreAdj", "1001", "process.oomScoreAdj 1001 is out of range: -1000 to 1000 is allowed")]
    [InlineData("consoleSize", "{\"height\": 1, \"width\": 65536}", "process.consoleSize.width 65536 is out of range: at most 65535 is allowed")]
    [InlineData("consoleSize", "{\"height\": 65536, \"width\": 1}", "process.consoleSize.height 65536 is out of range: at most 65535 is allowed")]
    [InlineData("consoleSize", "{\"height\": -1}", "process.consoleSize.height has a value of the wrong type (line 1)")]
    [InlineData("scheduler", "{}", "process.scheduler.policy \"\" is not a known policy")]
    [InlineData("scheduler", "{\"policy\": \"SCHED_ISO\"}", "process.scheduler.policy is SCHED_ISO, which Linux does not have")]
    [InlineData("scheduler", "{\"policy\": \"SCHED_FIFO\"}", "process.scheduler.priority 0 is out of range: 1 to 99 is allowed")]
    [InlineData("scheduler", "{\"policy\": \"SCHED_OTHER\", \"priority\": 1}", "process.scheduler.priority 1 is out of range: only 0 is allowed")]
    [InlineData("scheduler", "{\"policy\": \"SCHED_BATCH\", \"nice\": 20}", "process.scheduler.nice 20 is out of range: -20 to 19 is allowed")]
    [InlineData("scheduler", "{\"policy\": \"SCHED_IDLE\", \"period\": 5}", "process.scheduler has a runtime, deadline or period, which belong to SCHED_DEADLINE")]
    [InlineData("scheduler", "{\"policy\": \"SCHED_OTHER\", \"flags\": [\"X\"]}", "process.scheduler.flags has \"X\", which is not a known flag")]
    [InlineData("scheduler", "{\"policy\": \"SCHED_OTHER\", \"flags\": [\"SCHED_FLAG_UTIL_CLAMP_MIN\"]}", "process.scheduler.flags has SCHED_FLAG_UTIL_CLAMP_MIN, for which the specification has no value")]
    [InlineData("ioPriority", "{\"class\": \"RT\"}", "process.ioPriority.class \"RT\" is not a known class")]
    [InlineData("ioPriority", "{\"class\": \"IOPRIO_CLASS_RT\", \"priority\": 8}", "process.ioPriority.priority 8 is out of range: 0 to 7 is allowed")]
    [InlineData("execCPUAffinity", "{\"initial\": \"0-x\"}", "process.execCPUAffinity.initial \"0-x\" is not a list of numbers such as 0-2,4")]
    [InlineData("execCPUAffinity", "{\"final\": \"2-1\"}", "process.execCPUAffinity.final \"2-1\" is not a list of numbers such as 0-2,4")]
    public void Should_name_field_and_cause_when_the_process_is_bad(string field, string value, string message) =>
        Assert.Equal("config.json: " + message, Bundles.Refused(Bundles.With(spec => spec["process"]![field] = JsonNode.Parse(value))).Message);

    [Fact]
    public void Should_refuse_when_there_is_no_process() =>
        Assert.Equal("config.json: process is missing", Bundles.Refused(Bundles.With(spec => spec.Remove("process"))).Message);

    [Fact]
    public void Should_tell_unsupported_from_invalid()
    {
        Assert.Equal(SpecErrorKind.Unsupported, Bundles.Refused(Bundles.With(spec => spec["process"]!["scheduler"] = new JsonObject { ["policy"] = "SCHED_ISO" })).Kind);
        Assert.Equal(SpecErrorKind.Invalid, Bundles.Refused(Bundles.With(spec => spec["process"]!["cwd"] = "x")).Kind);
    }

    [Fact]
    public void Should_read_an_unlimited_rlimit()
    {
        var spec = Bundles.Accepted(Bundles.With(root =>
            root["process"]!["rlimits"] = JsonNode.Parse("""[{"type": "RLIMIT_CORE", "soft": 0, "hard": 18446744073709551615}]""")));
        Assert.Equal(ulong.MaxValue, spec.Process!.Rlimits[0].Hard);
    }
}
