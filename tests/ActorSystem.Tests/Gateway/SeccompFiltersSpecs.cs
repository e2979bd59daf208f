using System.Diagnostics;
using System.Text.Json.Nodes;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Gateway;
using KataActors.Runtime.Tests.Sandboxes;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

/// <summary>Compiled filters, asked about calls by an interpreter of classic BPF. Call numbers are those of x86-64 unless named otherwise.</summary>
public sealed class SeccompFiltersSpecs(ITestOutputHelper output)
{
    private const uint Allow = 0x7fff_0000;
    private const uint Errno = 0x0005_0000;
    private const uint Kill = 0;
    private const uint X64 = 0xc000_003e;
    private const uint X86 = 0x4000_0003;
    private const uint Arm64 = 0xc000_00b7;
    private const uint Read = 0;
    private const uint Socket = 41;
    private const uint Clone = 56;
    private const uint Unshare = 272;
    private const uint Swapon = 167;
    private const uint FutexWaitV = 449;

    [Theory]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read", "socket"], "action": "SCMP_ACT_ERRNO"}]}""", Errno | 1, Errno | 1, Allow)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]}""", Errno | 5, Allow, Allow)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 0}]}""", Errno, Allow, Allow)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}""", Allow, Errno | 38, Errno | 38)]
    [InlineData("""{"defaultAction": "SCMP_ACT_LOG", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_TRAP"}, {"names": ["socket"], "action": "SCMP_ACT_TRACE", "errnoRet": 7}]}""", 0x30000u, 0x7ff0_0007u, 0x7ffc_0000u)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL_PROCESS"}, {"names": ["socket"], "action": "SCMP_ACT_KILL"}]}""", 0x8000_0000u, Kill, Allow)]
    public void Should_answer_with_the_action_and_error_number_of_the_rule_or_the_default(string seccomp, uint read, uint socket, uint unshare)
    {
        var filter = Compile(seccomp)!;

        Assert.Equal((read, socket, unshare), (Ask(filter, Read), Ask(filter, Socket), Ask(filter, Unshare)));
    }

    [Theory]
    [InlineData("""[{"index": 0, "value": 40, "op": "SCMP_CMP_EQ"}]""", 40, 0, true)]
    [InlineData("""[{"index": 0, "value": 40, "op": "SCMP_CMP_EQ"}]""", 41, 0, false)]
    [InlineData("""[{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]""", 41, 0, true)]
    [InlineData("""[{"index": 0, "value": 40, "op": "SCMP_CMP_LT"}]""", 40, 0, false)]
    [InlineData("""[{"index": 0, "value": 40, "op": "SCMP_CMP_LE"}]""", 40, 0, true)]
    [InlineData("""[{"index": 0, "value": 40, "op": "SCMP_CMP_GE"}]""", 39, 0, false)]
    [InlineData("""[{"index": 0, "value": 40, "op": "SCMP_CMP_GT"}]""", 41, 0, true)]
    [InlineData("""[{"index": 0, "value": 240, "valueTwo": 16, "op": "SCMP_CMP_MASKED_EQ"}]""", 0x1f, 0, true)]
    [InlineData("""[{"index": 0, "value": 240, "valueTwo": 16, "op": "SCMP_CMP_MASKED_EQ"}]""", 0x2f, 0, false)]
    [InlineData("""[{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 2, "op": "SCMP_CMP_EQ"}]""", 1, 2, true)]
    [InlineData("""[{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 2, "op": "SCMP_CMP_EQ"}]""", 1, 3, false)]
    [InlineData("""[{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]""", 2, 0, true)]
    [InlineData("""[{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]""", 3, 0, false)]
    [InlineData("""[{"index": 0, "value": 18446744073709551615, "op": "SCMP_CMP_EQ"}]""", -1, 0, true)]
    public void Should_compare_arguments_all_of_a_rule_and_each_by_itself_where_two_are_on_one_argument(string args, long first, long second, bool matches)
    {
        var filter = Compile($$"""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": {{args}}}]}""")!;

        Assert.Equal(matches ? Errno | 1 : Allow, Ask(filter, Socket, X64, (ulong)first, (ulong)second));
    }

    [Fact]
    public void Should_leave_out_unknown_calls_and_rules_that_repeat_the_default()
    {
        var filter = Compile("""
            {"defaultAction": "SCMP_ACT_ALLOW",
             "syscalls": [{"names": ["no_such_call", "read"], "action": "SCMP_ACT_ERRNO"}, {"names": ["socket", "vm86"], "action": "SCMP_ACT_ALLOW"}]}
            """)!;

        Assert.Equal((Errno | 1, Allow), (Ask(filter, Read), Ask(filter, Socket)));
    }

    [Theory]
    [InlineData("\"SCMP_ACT_ERRNO\"", Errno | 38, Errno | 1)]
    [InlineData("\"SCMP_ACT_KILL_PROCESS\"", Errno | 38, 0x8000_0000u)]
    [InlineData("\"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 13", Errno | 38, Errno | 13)]
    [InlineData("\"SCMP_ACT_LOG\"", 0x7ffc_0000u, 0x7ffc_0000u)]
    public void Should_deny_the_existence_of_calls_that_are_newer_than_all_named_ones(string defaultAction, uint newer, uint older)
    {
        var filter = Compile($$"""
            {"defaultAction": {{defaultAction}}, "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"],
             "syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_ALLOW"}]}
            """)!;

        Assert.Equal((newer, older, Allow), (Ask(filter, FutexWaitV), Ask(filter, Clone), Ask(filter, Unshare)));
        // unshare has the number 310 on x86.
        Assert.Equal((newer, older, Allow), (Ask(filter, 311, X86), Ask(filter, 309, X86), Ask(filter, 310, X86)));
    }

    [Fact]
    public void Should_end_a_call_of_an_architecture_that_is_not_listed()
    {
        const string Rules = """ "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO"}]}""";
        var filter = Compile("""{"defaultAction": "SCMP_ACT_ALLOW",""" + Rules)!;
        var both = Compile("""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"],""" + Rules)!;

        Assert.Equal((Errno | 1, Kill, Kill), (Ask(filter, Read), Ask(filter, 3, X86), Ask(filter, 63, Arm64)));
        Assert.Equal((Errno | 1, Errno | 1, Kill), (Ask(both, Read), Ask(both, 3, X86), Ask(both, 63, Arm64)));
    }

    [Theory]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW"}""", 4u)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "flags": []}""", 0u)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"]}""", 2u)]
    public void Should_take_the_flags_of_the_section_or_runcs_default(string seccomp, uint flags) => Assert.Equal(flags, Compile(seccomp)!.Flags);

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"architectures": ["SCMP_ARCH_X86"], "syscalls": []}""")]
    public void Should_make_no_filter_when_none_is_asked_for(string seccomp) => Assert.Null(Compile(seccomp));

    [Fact]
    public void Should_compile_podmans_profile()
    {
        Assert.True(SpecParser.TryParse(File.ReadAllBytes(Path.Combine(Repository.Root, "tests/Oci.Tests/podman-config.json")), out var spec, out _));
        var watch = Stopwatch.StartNew();

        var filter = SeccompFilters.Compile(spec.Linux!.Seccomp)!;

        output.WriteLine($"{filter.Program.Length / 8} instructions in {watch.ElapsedMilliseconds} ms");
        Assert.Equal((Allow, Errno | 1, Errno | 38), (Ask(filter, Read), Ask(filter, Swapon), Ask(filter, 100_000)));
    }

    [Fact]
    public void Should_refuse_rules_that_make_too_long_a_filter()
    {
        // Equal conditions of different calls would share their instructions.
        string[] calls = ["read", "write", "open", "close", "stat", "fstat", "lstat", "poll", "lseek", "mmap", "mprotect", "munmap", "brk", "ioctl", "pread64", "pwrite64", "readv", "writev", "access", "pipe"];
        var rules = calls.Select((call, i) => $$"""{"names": ["{{call}}"], "action": "SCMP_ACT_ERRNO", "args": [{{string.Join(',', Enumerable.Range(0, 60).Select(j => Equal((j + (i * 100L)) << 33)))}}]}""");

        var failure = Assert.Throws<TtrpcException>(() => Compile($$"""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{{string.Join(',', rules)}}]}"""));

        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.Matches("^config.json: linux.seccomp makes a filter of [0-9]+ instructions, at most 4096 are allowed$", failure.Message);

        static string Equal(long value) => $$"""{"index": 0, "value": {{value}}, "op": "SCMP_CMP_EQ"}""";
    }

    private static SystemCallFilter? Compile(string seccomp)
    {
        var (spec, _) = Specs.Make(json => json["linux"]!["seccomp"] = JsonNode.Parse(seccomp));
        return SeccompFilters.Compile(spec.Linux!.Seccomp);
    }

    private static uint Ask(SystemCallFilter filter, uint call, uint architecture = X64, ulong first = 0, ulong second = 0)
    {
        // struct seccomp_data
        byte[] data = [.. BitConverter.GetBytes(call), .. BitConverter.GetBytes(architecture), .. new byte[8], .. BitConverter.GetBytes(first), .. BitConverter.GetBytes(second), .. new byte[32]];
        var program = filter.Program.ToByteArray();
        uint accumulator = 0;
        var scratch = new uint[16];
        for (var at = 0; ; at++)
        {
            var (code, ifTrue, ifFalse, operand) = (BitConverter.ToUInt16(program, at * 8), program[(at * 8) + 2], program[(at * 8) + 3], BitConverter.ToUInt32(program, (at * 8) + 4));
            switch (code)
            {
                case 0x20:
                    accumulator = BitConverter.ToUInt32(data, (int)operand);
                    break;
                case 0x60:
                    accumulator = scratch[operand];
                    break;
                case 0x02:
                    scratch[operand] = accumulator;
                    break;
                case 0x54:
                    accumulator &= operand;
                    break;
                case 0x05:
                    at += (int)operand;
                    break;
                case 0x15:
                    at += accumulator == operand ? ifTrue : ifFalse;
                    break;
                case 0x25:
                    at += accumulator > operand ? ifTrue : ifFalse;
                    break;
                case 0x35:
                    at += accumulator >= operand ? ifTrue : ifFalse;
                    break;
                case 0x45:
                    at += (accumulator & operand) != 0 ? ifTrue : ifFalse;
                    break;
                case 0x06:
                    return operand;
                default:
                    throw new NotSupportedException($"instruction {code:x} at {at}");
            }
        }
    }
}
