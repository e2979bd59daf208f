using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

public class SeccompValidationSpecs
{
    private const string NoListener = "asks a process of the host about system calls, which a guest cannot do";

    [Theory]
    [InlineData("""{"defaultAction": "SCMP_ACT_NO"}""", ".defaultAction \"SCMP_ACT_NO\" is not a known action")]
    [InlineData("""{"syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}""", ".defaultAction \"\" is not a known action")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}""", ".defaultErrnoRet is given, but SCMP_ACT_ALLOW returns no error number")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096}""", ".defaultErrnoRet 4096 is out of range: 0 to 4095 is allowed")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["X86"]}""", ".architectures[0] \"X86\" is not a known architecture")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG", "X"]}""", ".flags[1] \"X\" is not a known flag")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "allow"}]}""", ".syscalls[0].action \"allow\" is not a known action")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"]}]}""", ".syscalls[0].action \"\" is not a known action")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL", "errnoRet": 2}]}""", ".syscalls[0].errnoRet is given, but SCMP_ACT_KILL returns no error number")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_KILL"}]}""", ".syscalls[0].names is missing or empty")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read", ""], "action": "SCMP_ACT_KILL"}]}""", ".syscalls[0].names has an empty name")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]}]}""", ".syscalls[0].args[0].index 6 is out of range: 0 to 5 is allowed")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL", "args": [{"index": 5, "op": "EQ"}]}]}""", ".syscalls[0].args[0].op \"EQ\" is not a known comparison")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [null]}""", ".syscalls[0] is null")]
    public void Should_name_field_and_value_when_the_section_is_wrong(string seccomp, string message)
    {
        var error = Refused(seccomp);
        Assert.Equal("config.json: linux.seccomp" + message, error.Message);
        Assert.Equal(SpecErrorKind.Invalid, error.Kind);
    }

    [Theory]
    [InlineData("""{"defaultAction": "SCMP_ACT_NOTIFY"}""", ".defaultAction is SCMP_ACT_NOTIFY, which " + NoListener)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_NOTIFY"}]}""", ".syscalls[0].action is SCMP_ACT_NOTIFY, which " + NoListener)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/s"}""", ".listenerPath " + NoListener)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "m"}""", ".listenerMetadata " + NoListener)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}""", ".flags[0] " + NoListener)]
    public void Should_refuse_what_needs_a_listener_on_the_host(string seccomp, string message)
    {
        var error = Refused(seccomp);
        Assert.Equal("config.json: linux.seccomp" + message, error.Message);
        Assert.Equal(SpecErrorKind.Unsupported, error.Kind);
    }

    [Fact]
    public void Should_bound_the_names_of_all_rules()
    {
        var names = string.Join(',', Enumerable.Repeat("\"read\"", 2049));
        var error = Refused($$"""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [{{names}}], "action": "SCMP_ACT_KILL"}, {"names": [{{names}}], "action": "SCMP_ACT_KILL"}]}""");
        Assert.Equal("config.json: linux.seccomp.syscalls (all names) has 4098 items, at most 4096 are allowed", error.Message);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_X32"], "flags": ["SECCOMP_FILTER_FLAG_TSYNC"], "syscalls": [{"names": ["no_such_call"], "action": "SCMP_ACT_ALLOW"}]}""")]
    public void Should_accept_calls_and_machines_that_are_not_ours(string seccomp) =>
        Assert.DoesNotContain(PassedOver.List(Bundles.Accepted(With(seccomp))), item => item.Contains("seccomp", StringComparison.Ordinal));

    private static SpecError Refused(string seccomp) => Bundles.Refused(With(seccomp));

    private static byte[] With(string seccomp) => Bundles.With(root => root["linux"]!["seccomp"] = JsonNode.Parse(seccomp));
}
