using System.Runtime.InteropServices;
using KataActors.Linux;

namespace KataActors.Cli.Daemon;

/// <summary>
/// Starts the daemon when nobody listens at its address. Of several commands that find no daemon, the one that takes the lock in the run
/// directory starts it; the others find it when they get the lock. The daemon is in a session of its own, and has nothing of the caller's:
/// descriptors, environment, working directory. (It leaves the caller's cgroups itself.)
/// </summary>
internal sealed class DaemonStarter(string address, DaemonConnector connector)
{
    private const string ProgramName = "kata-actorsd";
    private const string SearchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const int ReadOnlyNonBlocking = 0x800;
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(50);

    /// <exception cref="CommandFailure">It could not be started; the message says why.</exception>
    public async Task<DaemonConnection> StartAsync(CancellationToken cancellation)
    {
        var what = $"no daemon listens on \"{address}\", and none can be started";
        CallerRights.DemandRoot(what);
        CallerRights.DemandInitialPidNamespace(what);
        var directory = Path.GetDirectoryName(address)!;
        PrepareDirectory(directory, what);
        using var held = await LockAsync(Path.Combine(directory, "daemon.lock"), what, cancellation).ConfigureAwait(false);
        if (await connector.TryConnectAsync(cancellation).ConfigureAwait(false) is { } connection)
        {
            return connection;
        }

        RefuseNonSocket();
        using var log = DaemonStartLog.Open(directory);
        using var child = Spawn(log.File, what);
        return await WaitUntilReadyAsync(child, log, what, cancellation).ConfigureAwait(false);
    }

    private static void PrepareDirectory(string directory, string what)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        var parent = Path.GetDirectoryName(directory);
        if (parent is not null && !Directory.Exists(parent))
        {
            throw new CommandFailure($"{what}: \"{parent}\" is no directory");
        }

        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task<FileLock> LockAsync(string path, string what, CancellationToken cancellation)
    {
        try
        {
            return await FileLock.AcquireAsync(path, Deadlines.DaemonStart, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException failure)
        {
            throw new CommandFailure($"{what}: {failure.Message}", cause: failure);
        }
    }

    // Connecting to a plain file is refused just as connecting to a socket that a dead daemon left.
    private void RefuseNonSocket()
    {
        try
        {
            Descriptors.Open(address, ReadOnlyNonBlocking).Dispose();
        }
        catch (LinuxException)
        {
            // ENOENT, or ENXIO of a socket.
            return;
        }

        throw new CommandFailure($"\"{address}\" is not a socket");
    }

    private Pidfd Spawn(SafeHandle log, string what)
    {
        var program = Path.Combine(Path.GetDirectoryName(Environment.ProcessPath)!, ProgramName);
        if (!File.Exists(program))
        {
            throw new CommandFailure($"{what}: \"{program}\" does not exist");
        }

        return Pidfd.OpenChild(ProcessSpawner.Spawn(new SpawnRequest
        {
            Path = program,
            Arguments = [program, "--address", address],
            Environment = [SearchPath],
            Descriptors = [null, log, log],
            NewSession = true,
            WorkingDirectory = "/",
        }));
    }

    private async Task<DaemonConnection> WaitUntilReadyAsync(Pidfd child, DaemonStartLog log, string what, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Deadlines.DaemonStart);
        try
        {
            for (var pause = s_shortestPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
            {
                var exit = child.TryReap();
                if (await connector.TryConnectAsync(deadline.Token).ConfigureAwait(false) is { } connection)
                {
                    _ = await connection.GreetAsync(deadline.Token).ConfigureAwait(false);
                    return connection;
                }

                if (exit is { } ended)
                {
                    throw new CommandFailure($"{what}: it ended with {ended}{log.ReadLastLine()}");
                }

                await Task.Delay(pause, deadline.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandFailure($"{what}: it did not answer within {Deadlines.DaemonStart.TotalSeconds} s{log.ReadLastLine()}");
        }
    }
}
