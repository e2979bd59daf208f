using Google.Protobuf;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

/// <summary>Requests that concern an added process.</summary>
public sealed class ExecSpecs : GatewayTest
{
    private const string Process = "0123456789abcdef0123456789abcdef";
    private static readonly ContainerRef s_ref = new() { Root = "/r", Id = "c" };
    private static readonly ContainerKey s_key = new("/r", "c");

    [Fact]
    public async Task Should_pass_an_exec_on()
    {
        Manager.Answer = _ => new SandboxCommands.Executed();

        await CallAsync(control => control.ExecAsync(Request(), Deadline.Span, Deadline.Token));

        var exec = await Manager.ReceiveAsync<SandboxCommands.Exec>();
        Assert.Equal(s_key, exec.Key);
        Assert.Equal((Process, 7, 70ul), (exec.Process.Id, exec.Process.StandIn.Pid, exec.Process.StandIn.StartTime));
        Assert.Equal(Request().Spec, exec.Process.Process);
    }

    [Theory]
    [InlineData("", "process id \"\" does not consist of 32 hexadecimal digits")]
    [InlineData("../../etc", "process id \"../../etc\" does not consist of 32 hexadecimal digits")]
    [InlineData("0123456789ABCDEF0123456789abcdef", "process id \"0123456789ABCDEF0123456789abcdef\" does not consist of 32 hexadecimal digits")]
    public async Task Should_refuse_a_wrong_id(string id, string message)
    {
        var request = Request();
        request.Process = id;

        var failure = await FailAsync(control => control.ExecAsync(request, Deadline.Span, Deadline.Token));

        Assert.Equal((StatusCode.InvalidArgument, message), (failure.Code, failure.Message));
    }

    [Fact]
    public async Task Should_refuse_a_wrong_process_and_a_missing_stand_in()
    {
        var (wrong, alone) = (Request(), Request());
        wrong.Spec = ByteString.CopyFromUtf8("""{"cwd":"/"}""");
        alone.StandIn = null;

        Assert.StartsWith("process: process.args ", (await FailAsync(control => control.ExecAsync(wrong, Deadline.Span, Deadline.Token))).Message, StringComparison.Ordinal);
        Assert.Equal("exec of \"c\" names no stand-in process", (await FailAsync(control => control.ExecAsync(alone, Deadline.Span, Deadline.Token))).Message);
    }

    [Fact]
    public async Task Should_name_the_process_of_a_signal()
    {
        Manager.Answer = _ => new SandboxCommands.Signalled();

        await CallAsync(control => control.KillAsync(new KillRequest { Container = s_ref, Signal = 15, Process = Process }, Deadline.Span, Deadline.Token));

        Assert.Equal(new SandboxCommands.KillContainer(s_key, 15, All: false) { Process = Process }, await Manager.ReceiveAsync<SandboxCommands.KillContainer>());
    }

    [Fact]
    public async Task Should_pass_the_size_of_a_terminal_on()
    {
        Manager.Answer = _ => new SandboxCommands.TerminalResized();

        await CallAsync(control => control.ResizeTerminalAsync(Resize(40, 100), Deadline.Span, Deadline.Token));

        Assert.Equal(new SandboxCommands.ResizeTerminal(s_key, 40, 100) { Process = Process }, await Manager.ReceiveAsync<SandboxCommands.ResizeTerminal>());
    }

    [Fact]
    public async Task Should_refuse_a_size_that_no_terminal_has()
    {
        var failure = await FailAsync(control => control.ResizeTerminalAsync(Resize(40, 65_536), Deadline.Span, Deadline.Token));

        Assert.Equal((StatusCode.InvalidArgument, "terminal size 40x65536 is above 65535"), (failure.Code, failure.Message));
    }

    private static ResizeTerminalRequest Resize(uint rows, uint columns) => new() { Container = s_ref, Process = Process, Rows = rows, Columns = columns };

    private static ExecRequest Request() => new()
    {
        Container = s_ref,
        Process = Process,
        Spec = ByteString.CopyFromUtf8("""{"args":["ls"],"cwd":"/"}"""),
        StandIn = new ProcessRef { Pid = 7, StartTime = 70 },
    };
}
