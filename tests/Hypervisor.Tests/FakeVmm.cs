using System.Runtime.InteropServices;
using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>
/// A real process that looks like a QEMU from outside: its command line holds the uuid, it waits, exits when told, and logs a SIGTERM. A
/// <see cref="FakeQmpServer"/> is its monitor.
/// </summary>
internal sealed class FakeVmm : IAsyncDisposable
{
    private readonly SafeHandle _input;

    private FakeVmm(VmConfig config, VmmProcess process, SafeHandle input, FakeQmpFaults? faults)
    {
        Process = process;
        _input = input;
        Monitor = new FakeQmpServer(config.MonitorSocket, faults) { Uuid = config.Uuid, OnQuit = () => Exit(0) };
    }

    public FakeQmpServer Monitor { get; }

    public VmmProcess Process { get; }

    /// <param name="config">Its uuid and monitor socket are used.</param>
    /// <param name="stubborn">It does not end on SIGTERM.</param>
    /// <param name="faults">Of its monitor.</param>
    public static FakeVmm Start(VmConfig config, bool stubborn = false, FakeQmpFaults? faults = null)
    {
        var (read, write) = Descriptors.Pipe();
        using var input = read;
        var log = VmmLog.Create();
        var script = $"trap 'echo terminated >&2; {(stubborn ? "again=1" : "exit 143")}' TERM; "
            + "echo starting >&2; again=1; while [ $again ]; do again=; read code; done; echo \"leaving with $code\" >&2; exit $code";
        var pidfd = ProcessSpawner.Spawn(new SpawnRequest
        {
            Path = "/bin/sh",
            Arguments = ["sh", "-c", script, "qemu", "-uuid", config.Uuid.ToString("D")],
            Descriptors = [input, null, log.File],
            NewSession = true,
        });
        var process = new VmmProcess(ProcessIdentity.TryRead(pidfd.Pid)!.Value, pidfd, log);
        // Before that, the process may not have its own command line yet.
        if (!SpinWait.SpinUntil(() => process.LastLogLine() is not null, Deadline.Span))
        {
            throw new TimeoutException("the fake vmm did not start");
        }

        return new FakeVmm(config, process, write, faults);
    }

    /// <summary>Lets the process exit with a code.</summary>
    public void Exit(int code)
    {
        using var stream = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(_input.DangerousGetHandle(), ownsHandle: false), FileAccess.Write, 0);
        stream.Write([(byte)('0' + code), (byte)'\n']);
    }

    public void Signal(int signal) => Process.Pidfd.Signal(signal);

    public async ValueTask DisposeAsync()
    {
        if (Pidfd.TryOpen(Process.Identity) is { } pidfd)
        {
            using (pidfd)
            {
                pidfd.Signal(Signals.SIGKILL);
                await pidfd.WaitForExitAsync(CancellationToken.None).WaitAsync(Deadline.Span);
                pidfd.TryReap();
            }
        }

        Process.Dispose();
        _input.Dispose();
        await Monitor.DisposeAsync();
    }
}
