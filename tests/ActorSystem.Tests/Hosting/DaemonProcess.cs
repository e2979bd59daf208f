using System.Runtime.InteropServices;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Runtime.Tests.Hosting;

/// <summary>
/// The daemon built by <c>make build</c>, started with an empty environment as a command would start it. Killed and reaped when disposed.
/// </summary>
internal sealed class DaemonProcess : IAsyncDisposable
{
    private readonly Pidfd _pidfd;
    private readonly FileStream _errors;

    private DaemonProcess(Pidfd pidfd, FileStream errors)
    {
        _pidfd = pidfd;
        _errors = errors;
    }

    public int Pid => _pidfd.Pid;

    /// <summary>Starts the daemon; the descriptors become number 3 and up.</summary>
    public static DaemonProcess Start(IReadOnlyList<string> arguments, params SafeHandle[] inherited) =>
        StartProgram([Program, .. arguments], inherited);

    /// <summary>Starts the daemon with a soft limit of open descriptors, which it may raise to <paramref name="hard"/>.</summary>
    public static DaemonProcess StartWithDescriptors(int soft, int hard, params IReadOnlyList<string> arguments) => StartProgram(
        ["/usr/bin/prlimit", $"--nofile={soft}:{hard}", "/usr/bin/setpriv", "--inh-caps=-sys_resource", "--bounding-set=-sys_resource", Program, .. arguments]);

    /// <summary>Starts the daemon with options of prlimit(1).</summary>
    public static DaemonProcess StartWithLimits(IReadOnlyList<string> limits, params IReadOnlyList<string> arguments) =>
        StartProgram(["/usr/bin/prlimit", .. limits, Program, .. arguments]);

    private static string Program => Path.Combine(InstalledProduct.Prefix, "bin", "kata-actorsd");

    private static DaemonProcess StartProgram(IReadOnlyList<string> command, params SafeHandle[] inherited)
    {
        var (read, write) = Descriptors.Pipe();
        using (write)
        {
            var pidfd = ProcessSpawner.Spawn(new SpawnRequest
            {
                Path = command[0],
                Arguments = command,
                Environment = [],
                Descriptors = [null, write, write, .. inherited],
                NewSession = true,
                WorkingDirectory = "/tmp",
            });
            return new DaemonProcess(pidfd, new FileStream(read, FileAccess.Read, 1));
        }
    }

    /// <summary>Waits until the daemon answers on its socket, and returns its version.</summary>
    public async Task<VersionResponse> GreetAsync(string socket)
    {
        var token = Deadline.Token;
        while (true)
        {
            try
            {
                await using var client = new TtrpcClient(await UnixSocketTransport.ConnectAsync(socket, Deadline.Span, token));
                return await new ControlClient(client).VersionAsync(new VersionRequest(), Deadline.Span, token);
            }
            catch (TtrpcException failure) when (failure.InnerException is LinuxException { Errno: Errno.ENOENT or Errno.ECONNREFUSED })
            {
                if (_pidfd.TryReap() is { } exit)
                {
                    throw new InvalidOperationException($"the daemon ended with {exit}: {await ReadErrorsAsync()}");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), token);
            }
        }
    }

    public void Signal(int signal) => _pidfd.Signal(signal);

    /// <summary>Waits for the daemon's end.</summary>
    public async Task<ProcessExit> WaitAsync()
    {
        await _pidfd.WaitForExitAsync(Deadline.Token);
        return _pidfd.TryReap() ?? throw new InvalidOperationException("not our child");
    }

    /// <summary>Its whole output, standard output and error.</summary>
    public async Task<string> ReadErrorsAsync()
    {
        using var reader = new StreamReader(_errors, leaveOpen: true);
        return await reader.ReadToEndAsync().WaitAsync(Deadline.Span);
    }

    public async ValueTask DisposeAsync()
    {
        if (_pidfd.Signal(Signals.SIGKILL))
        {
            await _pidfd.WaitForExitAsync(Deadline.Token);
            _pidfd.TryReap();
        }

        _pidfd.Dispose();
        await _errors.DisposeAsync();
    }
}
