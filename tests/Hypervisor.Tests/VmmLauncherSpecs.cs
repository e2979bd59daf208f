using System.Diagnostics;
using KataActors.Hypervisor.Qmp;
using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>Starting a real QEMU.</summary>
public sealed class VmmLauncherSpecs : IDisposable
{
    private static readonly TimeSpan s_long = TestSupport.Deadline.Span;

    private readonly RealVm _vm = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _vm.Dispose();

    [Fact]
    public async Task Should_have_a_session_and_descriptors_of_its_own_when_started()
    {
        using var process = await _vm.LaunchAsync();
        var pid = process.Identity.Pid;

        Assert.Equal($"{pid}", File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[3]);
        Assert.Equal("/dev/null", Link(pid, "fd/0"));
        Assert.Equal("/dev/null", Link(pid, "fd/1"));
        Assert.StartsWith("/memfd:kata-actors-vmm-log", Link(pid, "fd/2"), StringComparison.Ordinal);
        Assert.Equal("/", Link(pid, "cwd"));
        Assert.Empty(File.ReadAllBytes($"/proc/{pid}/environ"));
        Assert.Contains("THP_enabled:\t0", File.ReadAllText($"/proc/{pid}/status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_hold_the_share_in_its_own_mount_namespace_when_started()
    {
        using var process = await _vm.LaunchAsync();
        var share = _vm.Config.ShareDirectory;

        Assert.NotEqual(Link("self", "ns/mnt"), Link(process.Identity.Pid, "ns/mnt"));
        var mount = Assert.Single(ReadMountLines(process.Identity.Pid), line => line.Contains($" {share} ", StringComparison.Ordinal));
        Assert.Contains(" ro,nosuid,nodev,noexec", mount, StringComparison.Ordinal);
        Assert.Contains(" - tmpfs share rw", mount, StringComparison.Ordinal);
        Assert.DoesNotContain("shared:", mount, StringComparison.Ordinal);
        Assert.DoesNotContain(MountInfo.ReadOwn(), entry => entry.MountPoint.StartsWith(share, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_put_a_program_into_the_share_that_ends_at_once()
    {
        using var process = await _vm.LaunchAsync();
        var program = _vm["program"];

        ProgramFile.Copy($"/proc/{process.Identity.Pid}/root{_vm.Config.ShareDirectory}/{RehearsalRoot.Name}/{RehearsalRoot.Program}", program);
        Assert.Equal(0, await RunAsync(program));
    }

    [Fact]
    public async Task Should_answer_on_both_sockets_when_started()
    {
        using var process = await _vm.LaunchAsync();
        using var agent = await UnixSockets.ConnectAsync(_vm.Config.AgentSocket, s_long, Cancellation);
        await using var monitor = await QmpClient.ConnectAsync(_vm.Config.MonitorSocket, _ => { }, s_long, Cancellation);

        Assert.Equal(_vm.Config.Uuid, await monitor.QueryUuidAsync(s_long, Cancellation));
        Assert.Equal("running", await monitor.QueryStatusAsync(s_long, Cancellation));
        var thread = Assert.Single(await monitor.QueryVcpuThreadsAsync(s_long, Cancellation));
        Assert.True(Directory.Exists($"/proc/{process.Identity.Pid}/task/{thread}"));
    }

    [Theory]
    [InlineData(MachineType.Q35)]
    [InlineData(MachineType.Pc)]
    public async Task Should_be_understood_by_qemu_when_every_option_is_used(MachineType machine)
    {
        var directory = _vm["run,with,commas"];
        Directory.CreateDirectory(directory);
        var config = _vm.Config with
        {
            HostName = "a,b",
            Machine = machine,
            CpuModel = "qemu64",
            MaxVcpuCount = 4,
            VcpuCount = 2,
            RootPortCount = 2,
            RunDirectory = directory,
            ShareTag = "tag,1",
            KernelParameters = ["a=\"b, c\""],
            DebugConsole = true,
        };

        using var process = await new VmmLauncher().LaunchAsync(config, null, s_long, Cancellation);
        await using var monitor = await QmpClient.ConnectAsync(config.MonitorSocket, _ => { }, s_long, Cancellation);

        Assert.Equal(2, (await monitor.QueryVcpuThreadsAsync(s_long, Cancellation)).Length);
        Assert.True(File.Exists(config.ConsoleLog));
    }

    [Fact]
    public async Task Should_live_in_the_network_namespace_when_one_is_given()
    {
        using var network = NamespaceThread.Run(
            () => File.OpenHandle("/proc/thread-self/ns/net"), NamespaceEntry.Unshare(NamespaceKinds.Network));

        using var process = await new VmmLauncher().LaunchAsync(_vm.Config, network, s_long, Cancellation);

        Assert.Equal(Link("self", $"fd/{network.DangerousGetHandle()}"), Link(process.Identity.Pid, "ns/net"));
        Assert.NotEqual(Link("self", "ns/net"), Link(process.Identity.Pid, "ns/net"));
    }

    [Fact]
    public async Task Should_be_found_by_uuid_when_it_runs_and_not_afterwards()
    {
        Assert.Empty(VmmFinder.Find(_vm.Config.Uuid, _vm.Config.QemuPath));
        using var process = await _vm.LaunchAsync();

        Assert.Equal([process.Identity], VmmFinder.Find(_vm.Config.Uuid, _vm.Config.QemuPath));

        await KillAsync(process);
        Assert.Empty(VmmFinder.Find(_vm.Config.Uuid, _vm.Config.QemuPath));
    }

    [Fact]
    public async Task Should_start_again_when_an_earlier_launch_left_its_files()
    {
        using (var first = await _vm.LaunchAsync())
        {
            await KillAsync(first);
        }

        using var second = await _vm.LaunchAsync();

        Assert.True(second.Identity.IsAlive());
    }

    [Fact]
    public async Task Should_keep_the_words_of_a_process_when_it_dies_at_start()
    {
        using var process = await new VmmLauncher()
            .LaunchAsync(_vm.Config with { CpuModel = "nosuch" }, null, s_long, Cancellation);
        await process.Pidfd.WaitForExitAsync(Cancellation).WaitAsync(s_long, Cancellation);

        Assert.Equal(new ProcessExit(1, null), process.Pidfd.TryReap());
        Assert.EndsWith("unable to find CPU model 'nosuch'", process.LastLogLine(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_name_every_missing_file_when_some_are_not_there()
    {
        var config = _vm.Config with { QemuPath = "/nonexistent/qemu", KernelPath = "/nonexistent/vmlinuz" };

        var failure = await AssertRefusedAsync(config, FailureCode.InvalidArgument);

        Assert.Equal("hypervisor \"/nonexistent/qemu\": no such file; kernel \"/nonexistent/vmlinuz\": no such file", failure);
    }

    [Fact]
    public async Task Should_name_the_program_when_it_is_not_executable()
    {
        File.WriteAllText(_vm["plain"], "text");

        var failure = await AssertRefusedAsync(_vm.Config with { QemuPath = _vm["plain"] }, FailureCode.InvalidArgument);

        Assert.Equal($"posix_spawn \"{_vm["plain"]}\": permission denied", failure);
    }

    [Fact]
    public async Task Should_name_the_program_when_it_is_no_program()
    {
        ProgramFile.Write(_vm["plain"], "text");

        var failure = await AssertRefusedAsync(_vm.Config with { QemuPath = _vm["plain"] }, FailureCode.InvalidArgument);

        Assert.Equal($"posix_spawn \"{_vm["plain"]}\": exec format error", failure);
    }

    [Fact]
    public async Task Should_name_the_values_when_they_are_not_valid()
    {
        var failure = await AssertRefusedAsync(_vm.Config with { MemoryMib = 1 }, FailureCode.InvalidArgument);

        Assert.StartsWith("memory in MiB 1 is not", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_name_the_run_directory_when_it_cannot_be_written()
    {
        var failure = await AssertRefusedAsync(_vm.Config with { RunDirectory = "/proc/nonexistent" }, FailureCode.Internal);

        Assert.StartsWith("run directory \"/proc/nonexistent\": ", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_leave_no_process_when_cancelled_meanwhile()
    {
        using var cancelled = new CancellationTokenSource();
        var launching = new VmmLauncher().LaunchAsync(_vm.Config, null, s_long, cancelled.Token);

        await cancelled.CancelAsync();

        // Either the cancellation came too late, and the test ends the process; or there is none.
        try
        {
            using var process = await launching;
            await KillAsync(process);
        }
        catch (OperationCanceledException)
        {
            Assert.True(SpinWait.SpinUntil(() => VmmFinder.Find(_vm.Config.Uuid, _vm.Config.QemuPath).Count == 0, s_long));
        }
    }

    [Theory]
    [InlineData("posix_spawn", Errno.ENOENT, true)]
    [InlineData("posix_spawn", Errno.EACCES, true)]
    [InlineData("posix_spawn", Errno.EAGAIN, false)]
    [InlineData("posix_spawn", Errno.ENOMEM, false)]
    [InlineData("posix_spawn", Errno.EMFILE, false)]
    [InlineData("posix_spawn", Errno.ENFILE, false)]
    [InlineData("pidfd_open", Errno.ENOENT, false)]
    public void Should_blame_the_program_unless_the_host_is_out_of_something(string call, int errno, bool isBlamed) =>
        Assert.Equal(isBlamed, VmmLauncher.IsProgramAtFault(new LinuxException(errno, call, "/usr/bin/qemu")));

    private static async Task<string> AssertRefusedAsync(VmConfig config, FailureCode code)
    {
        var failure = await Assert.ThrowsAsync<VmmLaunchException>(
            () => new VmmLauncher().LaunchAsync(config, null, s_long, Cancellation));
        Assert.Equal(code, failure.Failure.Code);
        Assert.Empty(VmmFinder.Find(config.Uuid, config.QemuPath));
        return failure.Message;
    }

    private static async Task KillAsync(VmmProcess process)
    {
        process.Pidfd.Signal(Signals.SIGKILL);
        await process.Pidfd.WaitForExitAsync(Cancellation).WaitAsync(s_long, Cancellation);
        process.Pidfd.TryReap();
    }

    private static async Task<int> RunAsync(string program)
    {
        using var run = Process.Start(program);
        await run.WaitForExitAsync(Cancellation);
        return run.ExitCode;
    }

    private static string Link(object pid, string name) => new FileInfo($"/proc/{pid}/{name}").LinkTarget!;

    private static string[] ReadMountLines(int pid) => File.ReadAllLines($"/proc/{pid}/mountinfo");
}
