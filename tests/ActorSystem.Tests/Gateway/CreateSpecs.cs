using System.Runtime.InteropServices;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;
using Xunit;
using Role = KataActors.Protocol.Control.CarriedDescriptor.Types.Role;

namespace KataActors.Runtime.Tests.Gateway;

public sealed class CreateSpecs : GatewayTest
{
    private const string Spec = """
        {
          "ociVersion": "1.0.2",
          "process": { "args": ["true"], "cwd": "/", "env": ["SECRET=hunter2"] },
          "root": { "path": "rootfs" },
          "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/data", "type": "bind", "source": "/srv", "options": ["bind"] }
          ],
          "linux": {
            "namespaces": [{ "type": "pid" }, { "type": "mount" }, { "type": "ipc" }, { "type": "uts" }, { "type": "network" }],
            "mountLabel": "label",
            "seccomp": { "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{ "names": ["mkdir"], "action": "SCMP_ACT_ERRNO" }] }
          }
        }
        """;

    [Fact]
    public async Task Should_turn_the_request_into_a_command_with_its_descriptors_leased()
    {
        using var pipes = new Pipes(3);
        Manager.Answer = message =>
        {
            var command = (SandboxCommands.CreateContainer)message;
            using var taken = Descriptors.Take(command.Descriptors);
            pipes.Mark(taken!.Rootfs!, "rootfs");
            pipes.Mark(taken.BindSources[1], "source");
            pipes.Mark(taken.NetworkNamespace!, "network");
            return new SandboxCommands.Created();
        };

        await CreateAsync(Request(Role.Rootfs, Role.NetworkNamespace, Role.BindSource), pipes.WriteEnds);

        var command = await Manager.ReceiveAsync<SandboxCommands.CreateContainer>();
        Assert.Equal(new ContainerKey("/r", "c1"), command.Key);
        Assert.Equal(["true"], command.Spec.Process!.Args);
        Assert.Equal("c1", command.Placement.SandboxId.Value);
        Assert.Equal((Spec, "/b", new ProcessIdentity(5, 6), 7u), (System.Text.Encoding.UTF8.GetString(command.SpecBytes.Span), command.Bundle, command.StandIn, command.OwnerUid));
        Assert.Equal(["rootfs", "network", "source"], await pipes.ReadAllAsync());
    }

    [Fact]
    public async Task Should_pass_the_request_id_on()
    {
        using var pipes = new Pipes(1);
        Manager.Answer = _ => new SandboxCommands.Created();
        var request = Request(Role.Rootfs);
        request.RequestId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());

        await CreateAsync(request, pipes.WriteEnds);

        Assert.Equal(request.RequestId, (await Manager.ReceiveAsync<SandboxCommands.CreateContainer>()).RequestId);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(17)]
    public async Task Should_refuse_a_request_id_of_another_length_and_close_the_descriptors(int length)
    {
        using var pipes = new Pipes(1);
        var request = Request(Role.Rootfs);
        request.RequestId = ByteString.CopyFrom(new byte[length]);

        var failure = await FailAsync(request, pipes.WriteEnds);

        Assert.Equal((StatusCode.InvalidArgument, $"create of \"c1\" has a request id of {length} bytes, not 16"), (failure.Code, failure.Message));
        Assert.Equal([""], await pipes.ReadAllAsync());
    }

    [Fact]
    public async Task Should_compile_the_filter_of_system_calls_for_the_guest()
    {
        using var pipes = new Pipes(1);
        SandboxCommands.CreateContainer? command = null;
        Manager.Answer = message =>
        {
            command = (SandboxCommands.CreateContainer)message;
            return new SandboxCommands.Created();
        };

        await CreateAsync(Request(Role.Rootfs), pipes.WriteEnds);

        var request = GuestSpec.CreateRequest(command!.Spec, "c1", command.Filter);
        Assert.Equal((0, 4u), (request.OCI.Process.Filter.Program.Length % 8, request.OCI.Process.Filter.Flags));
        Assert.InRange(request.OCI.Process.Filter.Program.Length, 5 * 8, 20 * 8);
    }

    [Fact]
    public async Task Should_warn_once_of_what_is_passed_over_and_log_no_secret()
    {
        using var pipes = new Pipes(1);
        Manager.Answer = _ => new SandboxCommands.Created();

        await CreateAsync(Request(Role.Rootfs), pipes.WriteEnds);

        var warning = Assert.Single(Logged.Lines, line => line.Level == Microsoft.Extensions.Logging.LogLevel.Warning);
        Assert.Equal("config.json of container c1 in sandbox c1: linux.mountLabel is not applied", warning.Text);
        Assert.DoesNotContain(Logged.Lines, line => line.Text.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_close_the_descriptors_when_the_command_is_refused_untaken()
    {
        using var pipes = new Pipes(2);
        Manager.Answer = _ => new Failure(FailureCode.AlreadyExists, "container id \"c1\" is already in use");

        var failure = await FailAsync(Request(Role.Rootfs, Role.NetworkNamespace), pipes.WriteEnds);

        Assert.Equal(StatusCode.AlreadyExists, failure.Code);
        Assert.Equal(["", ""], await pipes.ReadAllAsync());
        Assert.Equal(0, Descriptors.Count);
    }

    [Fact]
    public async Task Should_close_the_descriptors_when_the_client_leaves_before_the_answer()
    {
        using var pipes = new Pipes(1);
        var (client, control) = await ConnectAsync();
        var create = control.CreateAsync(Request(Role.Rootfs), pipes.WriteEnds, Deadline.Span, Deadline.Token);
        await Manager.ReceiveAsync<SandboxCommands.CreateContainer>();

        await client.DisposeAsync();

        await Assert.ThrowsAsync<TtrpcException>(() => create);
        Assert.Equal([""], await pipes.ReadAllAsync());
    }

    [Fact]
    public async Task Should_close_the_descriptors_when_the_callers_time_is_over()
    {
        using var pipes = new Pipes(1);
        var (client, control) = await ConnectAsync();
        await using var closed = client;

        var failure = await Assert.ThrowsAsync<TtrpcException>(
            () => control.CreateAsync(Request(Role.Rootfs), pipes.WriteEnds, TimeSpan.FromMilliseconds(300), Deadline.Token));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.Code);
        Assert.Equal([""], await pipes.ReadAllAsync());
    }

    [Theory]
    [InlineData(new[] { Role.Rootfs }, 2)]
    [InlineData(new[] { Role.Rootfs, Role.NetworkNamespace }, 1)]
    [InlineData(new[] { Role.Rootfs, Role.Rootfs }, 2)]
    [InlineData(new[] { Role.NetworkNamespace }, 1)]
    [InlineData(new[] { Role.Rootfs, Role.BindSource, Role.BindSource }, 3)]
    [InlineData(new[] { Role.Rootfs, Role.Unspecified }, 2)]
    [InlineData(new[] { Role.Rootfs, (Role)77 }, 2)]
    [InlineData(new Role[0], 0)]
    public async Task Should_refuse_descriptors_that_do_not_fit_their_roles_and_close_them(Role[] roles, int carried)
    {
        using var pipes = new Pipes(carried);

        var failure = await FailAsync(Request(roles), pipes.WriteEnds);

        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.All(await pipes.ReadAllAsync(), text => Assert.Equal("", text));
    }

    [Fact]
    public async Task Should_refuse_the_source_of_a_mount_that_the_spec_does_not_have()
    {
        using var pipes = new Pipes(2);
        var request = Request(Role.Rootfs, Role.BindSource);
        request.Descriptors[1].MountIndex = 2;

        Assert.Equal(StatusCode.InvalidArgument, (await FailAsync(request, pipes.WriteEnds)).Code);
        Assert.Equal(["", ""], await pipes.ReadAllAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{ "ociVersion": "1.0.2", "process": { "args": [], "cwd": "/" }, "root": { "path": "rootfs" } }""")]
    public async Task Should_refuse_a_wrong_spec_and_close_the_descriptors(string spec)
    {
        using var pipes = new Pipes(1);
        var request = Request(Role.Rootfs);
        request.Spec = ByteString.CopyFromUtf8(spec);

        var failure = await FailAsync(request, pipes.WriteEnds);

        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.StartsWith("config.json", failure.Message, StringComparison.Ordinal);
        Assert.Equal([""], await pipes.ReadAllAsync());
    }

    [Fact]
    public async Task Should_refuse_a_request_without_stand_in_or_with_a_relative_bundle()
    {
        using var pipes = new Pipes(1);
        var lonely = Request(Role.Rootfs);
        lonely.StandIn = null;
        var relative = Request(Role.Rootfs);
        relative.Bundle = "b";

        Assert.Equal("create of \"c1\" names no stand-in process", (await FailAsync(lonely, pipes.WriteEnds)).Message);
        Assert.Equal(StatusCode.InvalidArgument, (await FailAsync(relative, pipes.WriteEnds)).Code);
    }

    private static CreateRequest Request(params Role[] roles) => new()
    {
        Container = new ContainerRef { Root = "/r", Id = "c1" },
        Spec = ByteString.CopyFromUtf8(Spec),
        Bundle = "/b",
        StandIn = new ProcessRef { Pid = 5, StartTime = 6 },
        OwnerUid = 7,
        Descriptors = { roles.Select(role => new CarriedDescriptor { Role = role, MountIndex = role == Role.BindSource ? 1u : 0 }) },
    };

    private async Task CreateAsync(CreateRequest request, IReadOnlyList<SafeHandle> descriptors)
    {
        var (client, control) = await ConnectAsync();
        await using var closed = client;
        await control.CreateAsync(request, descriptors, Deadline.Span, Deadline.Token);
    }

    private Task<TtrpcException> FailAsync(CreateRequest request, IReadOnlyList<SafeHandle> descriptors) =>
        Assert.ThrowsAsync<TtrpcException>(() => CreateAsync(request, descriptors));

    /// <summary>Pipes whose write ends are sent: their read ends see the end only when every copy of the write end is closed.</summary>
    private sealed class Pipes : IDisposable
    {
        private readonly List<(SafeFileHandle Read, SafeFileHandle Write)> _pipes;

        public Pipes(int count) => _pipes = [.. Enumerable.Range(0, count).Select(_ => Linux.Descriptors.Pipe())];

        public IReadOnlyList<SafeHandle> WriteEnds => [.. _pipes.Select(pipe => pipe.Write)];

        public void Mark(SafeFileHandle end, string text)
        {
            using var stream = new FileStream(Linux.Descriptors.Duplicate(end), FileAccess.Write, 1);
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }

        public async Task<string[]> ReadAllAsync()
        {
            _pipes.ForEach(pipe => pipe.Write.Dispose());
            return await Task.WhenAll(_pipes.Select(async pipe =>
            {
                using var reader = new StreamReader(new FileStream(pipe.Read, FileAccess.Read, 1));
                return await reader.ReadToEndAsync().WaitAsync(Deadline.Span);
            }));
        }

        public void Dispose() => _pipes.ForEach(pipe =>
        {
            pipe.Read.Dispose();
            pipe.Write.Dispose();
        });
    }
}
