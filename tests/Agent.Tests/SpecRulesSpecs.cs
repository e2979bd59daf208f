using KataActors.Agent.Containers;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

public sealed class SpecRulesSpecs
{
    [Fact]
    public void Should_accept_the_least_that_makes_a_container() => SpecRules.Check(Request());

    [Theory]
    [InlineData("", "id")]
    [InlineData("..", "id")]
    [InlineData("a/b", "id")]
    [InlineData("a\0b", "id")]
    public void Should_refuse_an_id_that_is_no_name(string id, string expected) => Refuses(request => request.ContainerId = id, expected);

    [Fact]
    public void Should_name_what_is_wrong()
    {
        Refuses(request => request.ContainerId = new string('x', 1025), "id");
        Refuses(request => request.ExecId = "other", "exec id \"other\"");
        Refuses(request => request.OCI = null, "no spec");
        Refuses(request => request.OCI.Process = null, "no process");
        Refuses(request => request.OCI.Process.Args.Clear(), "process.args is empty");
        Refuses(request => request.OCI.Process.Args.Add("nul\0"), "NUL");
        Refuses(request => request.OCI.Process.Cwd = "relative", "process.cwd \"relative\"");
        Refuses(request => request.OCI.Root = null, "root.path");
        Refuses(request => request.OCI.Root.Path = "rootfs", "root.path \"rootfs\"");
        Refuses(request => request.OCI.Mounts.Add(new Mount()), "no destination");
        Refuses(request => request.OCI.Mounts.Add(new Mount { Destination = "/data", Type = "bind", Source = "data" }), "source \"data\"");
        Refuses(request => request.OCI.Process.Rlimits.Add(new POSIXRlimit { Type = "RLIMIT_FANTASY" }), "RLIMIT_FANTASY");
        Refuses(request => request.OCI.Process.Rlimits.Add(new POSIXRlimit { Type = "NOFILE" }), "\"NOFILE\"");
        Refuses(request => request.OCI.Process.Rlimits.Add(new POSIXRlimit { Type = "RLIMIT_NOFILE", Soft = 2, Hard = 1 }), "soft 2");
        Refuses(request => request.OCI.Process.User = new User { UID = uint.MaxValue }, "id of -1");
        Refuses(request => request.OCI.Process.User = new User { GID = uint.MaxValue }, "id of -1");
        Refuses(request => request.OCI.Linux = new() { MaskedPaths = { "proc/kcore" } }, "proc/kcore");
        Refuses(request => request.OCI.Process.ConsoleSize = new Box { Height = 1, Width = 65_536 }, "process.consoleSize 1x65536");
        Refuses(request => request.OCI.Linux = new() { Sysctl = { ["net/../x"] = "1" } }, "net/../x");
        Refuses(request => request.OCI.Linux = new() { Sysctl = { [""] = "1" } }, "linux.sysctl \"\"");
        Refuses(request => request.OCI.Process.FinalCPUs.Add(8192), "CPU 8192");
        Refuses(request => request.OCI.Process.Filter = new SystemCallFilter(), "0 bytes");
        Refuses(request => request.OCI.Hooks = Hooks("{}", new Hook { Path = "bin/true" }), "path \"bin/true\" of a startContainer hook");
        Refuses(request => request.OCI.Hooks = Hooks("{}", new Hook { Path = "/x", Env = { "A=\0" } }), "hook \"/x\" has a NUL");
        Refuses(request => request.OCI.Hooks = Hooks("[]", new Hook { Path = "/x" }), "the state for the hooks");
        RefusesRule(new() { Type = "p", Access = "r" }, "type \"p\"");
        RefusesRule(new() { Type = "c", Access = "" }, "access \"\"");
        RefusesRule(new() { Type = "c", Access = "rx" }, "access \"rx\"");
        RefusesRule(new() { Type = "c", Access = "r", Major = -2 }, "device -2:0");
        RefusesRule(new() { Type = "c", Access = "r", Minor = 1L << 32 }, "device 0:4294967296");
    }

    [Fact]
    public void Should_accept_hooks_with_their_state()
    {
        var request = Request();
        request.OCI.Hooks = Hooks("{}", new Hook { Path = "/x", Args = { "x" }, Env = { "A=b" }, Timeout = 1 });
        SpecRules.Check(request);
    }

    [Fact]
    public void Should_check_the_process_of_an_exec_as_that_of_a_container()
    {
        SpecRules.Check(Exec());
        RefusesExec(request => request.ExecId = "", "exec id");
        RefusesExec(request => request.ExecId = "c", "\"c\" exists already", StatusCode.AlreadyExists);
        RefusesExec(request => request.Process = null, "no process");
        RefusesExec(request => request.Process.Args.Clear(), "process.args is empty");
        RefusesExec(request => request.Process.ConsoleSize = new Box { Height = 65_536 }, "process.consoleSize 65536x0");
    }

    private static ExecProcessRequest Exec() => new() { ContainerId = "c", ExecId = "e", Process = new Process { Args = { "true" }, Cwd = "/" } };

    private static void RefusesExec(Action<ExecProcessRequest> change, string expected, StatusCode code = StatusCode.InvalidArgument)
    {
        var request = Exec();
        change(request);
        var failure = Assert.Throws<TtrpcException>(() => SpecRules.Check(request));
        Assert.Equal(code, failure.Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    private static Hooks Hooks(string state, Hook hook) => new() { State = Google.Protobuf.ByteString.CopyFromUtf8(state), StartContainer = { hook } };

    private static void Refuses(Action<CreateContainerRequest> change, string expected, StatusCode code = StatusCode.InvalidArgument)
    {
        var request = Request();
        change(request);

        var failure = Assert.Throws<TtrpcException>(() => SpecRules.Check(request));

        Assert.Equal(code, failure.Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    private static void RefusesRule(LinuxDeviceCgroup rule, string expected) =>
        Refuses(request => request.OCI.Linux = new() { Resources = new LinuxResources { Devices = { rule } } }, expected);

    private static CreateContainerRequest Request() => new()
    {
        ContainerId = "one",
        ExecId = "one",
        OCI = new Spec { Process = new Process { Args = { "true" }, Cwd = "/" }, Root = new Root { Path = "/rootfs" } },
    };
}
