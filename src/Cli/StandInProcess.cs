using System.Runtime.InteropServices;
using KataActors.Cli.Daemon;
using KataActors.Cli.Terminals;
using KataActors.Linux;
using KataActors.Protocol.Control;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli;

/// <summary>
/// The stand-in from the side of the command that starts it: a child with the command's own stdio, in a session of its own like a container's
/// process, that reports when it is ready and then waits to be released. When the command dies before that, the stand-in ends.
/// </summary>
internal sealed class StandInProcess : IDisposable
{
    /// <summary>What a command forwards: not what stops it in the background of its terminal.</summary>
    public static IEnumerable<int> ForwardedSignals => SignalReader.Forwardable.Where(signal => signal != Signals.SIGTTOU);

    // A small first generation: the process copies streams for days and should stay small. Read from the environment only, in hexadecimal.
    private static readonly string[] s_environment = ["DOTNET_GCgen0size=40000"];

    private readonly Pidfd _pidfd;
    private readonly SafeFileHandle _ready;
    private readonly SafeFileHandle _release;

    private StandInProcess(Pidfd pidfd, ProcessIdentity identity, SafeFileHandle ready, SafeFileHandle release)
    {
        _pidfd = pidfd;
        Identity = identity;
        _ready = ready;
        _release = release;
    }

    /// <summary>Pid and start time.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>The process, for its namespaces; it stays owned by this object.</summary>
    public SafeHandle Handle => _pidfd.Handle;

    /// <summary>Pid and start time, for the daemon.</summary>
    public ProcessRef Reference => new() { Pid = Identity.Pid, StartTime = Identity.StartTime };

    /// <summary>
    /// Starts it for a process, with a terminal or without, in the given network namespace or in the caller's. Its main thread, whose namespaces are those of
    /// its pid, enters the mount namespace before it is ready.
    /// </summary>
    public static StandInProcess Spawn(
        GlobalValues global, ContainerProcess process, SafeHandle? networkNamespace, SafeHandle mountNamespace, CallerTerminal? terminal)
    {
        var (readyHere, readyThere) = Descriptors.Pipe();
        var (releaseThere, releaseHere) = Descriptors.Pipe();
        using (readyThere)
        using (releaseThere)
        {
            try
            {
                var pidfd = SpawnIn(networkNamespace, Request(global, process, terminal, [readyThere, releaseThere, mountNamespace]));
                return new StandInProcess(pidfd, ProcessIdentity.TryRead(pidfd.Pid)!.Value, readyHere, releaseHere);
            }
            catch
            {
                readyHere.Dispose();
                releaseHere.Dispose();
                throw;
            }
        }
    }

    /// <summary>Waits until it takes signals.</summary>
    /// <exception cref="CommandFailure">It ended before, or missed the deadline.</exception>
    public void WaitUntilReady()
    {
        if (!BlockingStreams.WaitReadable(_ready, Deadlines.StandInStart) || BlockingStreams.Read(_ready, new byte[1]) == 0)
        {
            throw new CommandFailure($"stand-in of the container (process {Identity.Pid}) did not start");
        }
    }

    /// <summary>Tells it that its process exists.</summary>
    public void Release() => BlockingStreams.Write(_release, [1]);

    /// <summary>Waits for its end and forwards this process's signals to it. The result is its exit code.</summary>
    public async Task<int> WaitForwardingAsync(SignalReader signals)
    {
        using var ended = new CancellationTokenSource();
        var forwarding = ForwardAsync(signals, ended.Token);
        await _pidfd.WaitForExitAsync(default).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await forwarding.ConfigureAwait(false);
        return _pidfd.TryReap()?.Status ?? CommandFailure.Failed;
    }

    /// <summary>Ends it at once, without a trace.</summary>
    public void KillAndReap()
    {
        _ = _pidfd.Signal(Signals.SIGKILL);
        // SIGKILL takes effect at once, or at the end of a system call; then init reaps it.
        _pidfd.WaitForExitAsync(default).Wait(Deadlines.StandInStart);
        _ = _pidfd.TryReap();
    }

    public void Dispose()
    {
        _pidfd.Dispose();
        _ready.Dispose();
        _release.Dispose();
    }

    private async Task ForwardAsync(SignalReader signals, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                _ = _pidfd.Signal(await signals.ReadAsync(ended).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException)
        {
            // It has ended.
        }
    }

    private static Pidfd SpawnIn(SafeHandle? networkNamespace, SpawnRequest request) => networkNamespace is null
        ? ProcessSpawner.Spawn(request)
        : NamespaceThread.Run(() => ProcessSpawner.Spawn(request), NamespaceEntry.Enter(networkNamespace, NamespaceKinds.Network));

    private static SpawnRequest Request(GlobalValues global, ContainerProcess process, CallerTerminal? terminal, SafeHandle[] handles) => new()
    {
        Path = ProductFiles.StandIn,
        Arguments = ["kata-actors-standin", global.Address, global.Root, process.Container.Id, process.Id, $"{terminal?.Kind ?? StdioKind.Streams}"],
        Environment = s_environment,
        Descriptors =
        [
            .. Enumerable.Range(0, 3).Select(number => terminal is { Kind: StdioKind.Console } ? terminal.Handle : DescriptorHygiene.GivenStandard(number)),
            .. handles, .. terminal is null ? [] : new[] { terminal.Handle },
        ],
        NewSession = true,
        WorkingDirectory = "/",
    };
}
