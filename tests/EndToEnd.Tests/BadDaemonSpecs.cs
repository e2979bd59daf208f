using System.Net.Sockets;

namespace KataActors.EndToEnd.Tests;

/// <summary>A daemon that is no daemon, and one that dies in the middle of a command.</summary>
public sealed class BadDaemonSpecs
{
    [Fact]
    public async Task Should_refuse_an_address_that_is_no_socket()
    {
        await using var absent = DaemonUnderTest.Absent();
        Directory.CreateDirectory(absent.RunDirectory);
        await File.WriteAllTextAsync(absent.Address, "text", TestContext.Current.CancellationToken);
        var bundle = absent.Bundle("true");
        var before = await HostSnapshot.TakeAsync(absent);

        var result = await absent.RunAsync("create", "--bundle", bundle.Path, absent.NewId());

        result.MustFail(1, $"\"{absent.Address}\" is not a socket");
        Assert.Equal("text", await File.ReadAllTextAsync(absent.Address, TestContext.Current.CancellationToken));
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_refuse_a_socket_that_another_program_serves()
    {
        await using var absent = DaemonUnderTest.Absent();
        Directory.CreateDirectory(absent.RunDirectory);
        using var stranger = UnixSockets.Listen(absent.Address, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var serving = ServeGarbageAsync(stranger);
        var bundle = absent.Bundle("true");

        var result = await absent.RunAsync("create", "--bundle", bundle.Path, absent.NewId());

        stranger.Dispose();
        await serving;
        result.MustFail(1, $"\"{absent.Address}\"");
        Assert.Empty(absent.Processes());
        Assert.Empty(HostSnapshot.Mounts(absent));
    }

    [Fact]
    public async Task Should_refuse_a_caller_who_is_not_root_and_say_why()
    {
        await using var daemon = await DaemonUnderTest.StartAsync();
        var program = Path.Combine(daemon.Directory, "kata-actors");
        File.Copy(Installation.CommandLine, program);
        File.SetUnixFileMode(daemon.Directory, (UnixFileMode)0b111_101_101);
        string[] caller = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "--address", daemon.Address];

        var list = await daemon.StartProgram(null, null, [.. caller, "list"]).FinishAsync();
        var create = await daemon.StartProgram(null, null, [.. caller, "create", "--bundle", "/", daemon.NewId()]).FinishAsync();

        list.MustFail(1, "permission denied", "rootless use is not supported");
        create.MustFail(1, "rootless use is not supported");
    }

    [Fact]
    public async Task Should_make_a_create_again_when_the_daemon_dies_in_the_middle()
    {
        await using var daemon = await DaemonUnderTest.StartAsync();
        var bundle = daemon.Bundle("true");
        var id = daemon.NewId();
        var before = await HostSnapshot.TakeAsync(daemon);
        var create = daemon.Start("create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id);
        await Eventually.TrueAsync(() => HasVmm(daemon), () => $"no QEMU: {create.Errors}");

        daemon.Kill();
        (await create.FinishAsync()).MustSucceed();

        Assert.Equal("created", await daemon.StatusAsync(id));
        Assert.Single(daemon.Processes(), IsVmm);
        await daemon.SucceedAsync("delete", "--force", id);
        Assert.Equal(0, (await daemon.RunAsync("run", "--bundle", bundle.Path, id)).ExitCode);
        File.Delete(bundle.PidFile);
        await before.MustBeRestoredAsync();
    }

    private static bool HasVmm(DaemonUnderTest daemon) => daemon.Processes().Any(IsVmm);

    private static bool IsVmm((int Pid, string CommandLine) process) => process.CommandLine.StartsWith("/usr/bin/qemu", StringComparison.Ordinal);

    private static async Task ServeGarbageAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptAsync();
                await connection.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The test is over, or the client has gone.
        }
    }
}
