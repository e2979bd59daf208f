using System.Runtime.InteropServices;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.Daemon;

/// <summary>
/// Starts the daemon when no process listens at its address. Of several commands that find no daemon, the one that takes the lock in the run
/// directory starts it; the others find it when they get the lock. The daemon is in a session of its own, and inherits nothing from the caller:
/// no descriptors, environment, working directory, priority, CPUs or limits. (It leaves the caller's cgroups itself, and
/// raises the limits of its stack and its descriptors.) It gets the flags of the last daemon there.
/// </summary>
internal sealed class DaemonStarter(string address, DaemonConnector connector, TimeLimit? limit, Action<string>? trace)
{
    /// <summary>The environment of the daemon's program.</summary>
    public static readonly IReadOnlyList<string> Environment = [SearchPath, NoDiagnostics];

    private const string SearchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    // Otherwise the .NET runtime leaves files in /tmp behind when it is killed.
    private const string NoDiagnostics = "DOTNET_EnableDiagnostics=0";
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(50);

    private TimeSpan Patience => limit?.Cap(Deadlines.DaemonStart) ?? Deadlines.DaemonStart;

    /// <exception cref="CommandFailure">It could not be started; the message says why.</exception>
    public DaemonConnection Start()
    {
        var what = $"no daemon listens on \"{address}\", and none can be started";
        CallerRights.DemandRoot(what);
        CallerRights.DemandInitialPidNamespace(what);
        var program = ProductFiles.Daemon;
        if (!File.Exists(program))
        {
            throw new CommandFailure($"{what}: \"{program}\" does not exist");
        }

        var directory = Path.GetDirectoryName(address)!;
        PrepareDirectory(directory, what);
        using var held = Lock(Path.Combine(directory, "daemon.lock"), what);
        if (connector.TryConnect(limit) is { } connection)
        {
            trace?.Invoke($"another command has started the daemon on \"{address}\"");
            return connection;
        }

        RefuseNonSocket();
        using var log = DaemonStartLog.Open(directory);
        var flags = Flags(directory, what);
        what = flags.Count == 0 ? what : $"{what} with the flags in \"{Path.Combine(directory, DaemonFlags.FileName)}\"";
        using var child = Spawn(program, flags, log.File);
        trace?.Invoke($"no daemon listens on \"{address}\": \"{program}\" is started as process {child.Pid}");
        return WaitUntilReady(child, log, what);
    }

    private static void PrepareDirectory(string directory, string what)
    {
        try
        {
            OwnFolder.OpenOrCreate(directory).Dispose();
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"{what}: {failure.Message}", cause: failure);
        }
    }

    private FileLock Lock(string path, string what)
    {
        try
        {
            return FileLock.AcquireAsync(path, Patience, default).GetAwaiter().GetResult();
        }
        catch (TimeoutException failure)
        {
            throw new CommandFailure($"{what}: {failure.Message}", cause: failure);
        }
    }

    // A connect to a plain file is refused with the same error as a connect to a dead daemon's socket.
    private void RefuseNonSocket()
    {
        if (FileStatus.TryOf(address) is { Kind: not FileKind.Socket })
        {
            throw new CommandFailure($"\"{address}\" is not a socket");
        }
    }

    private static IReadOnlyList<string> Flags(string directory, string what)
    {
        try
        {
            return DaemonFlags.Read(directory);
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"{what}: {failure.Message}", cause: failure);
        }
    }

    // On a dedicated thread, which takes the daemon's priority and CPUs, and then ends.
    private Pidfd Spawn(string program, IEnumerable<string> flags, SafeHandle log)
    {
        var request = new SpawnRequest
        {
            Path = program,
            Arguments = [program, "--address", address, .. flags],
            Environment = Environment,
            Descriptors = [null, log, log],
            NewSession = true,
            WorkingDirectory = "/",
        };
        var child = NamespaceThread.Run(() =>
        {
            StartConditions.TakeOnThread(Ignore);
            return ProcessSpawner.Spawn(request);
        });
        StartConditions.Give(child.Pid, Ignore);
        return child;
    }

    // Without the rights to set them the daemon works, too.
    private static void Ignore(string unmet)
    {
    }

    private static DaemonConnection Greeted(DaemonConnection connection, string what)
    {
        try
        {
            connection.Greet();
            return connection;
        }
        catch (TtrpcConnectionLostException lost)
        {
            throw new DaemonKilled($"{what}: {lost.Message}");
        }
    }

    private DaemonConnection WaitUntilReady(Pidfd child, DaemonStartLog log, string what)
    {
        var start = new TimeLimit(Patience);
        for (var pause = s_shortestPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            // Checked before the connect: of two daemons that start at the same time, ours may be the one that gives way.
            var exit = child.TryReap();
            if (connector.TryConnect(limit) is { } connection)
            {
                return Greeted(connection, what);
            }

            if (exit is { } ended)
            {
                var message = $"{what}: it ended with {ended}{log.ReadLastLine()}";
                throw ended.Signal is null ? new CommandFailure(message) : new DaemonKilled(message);
            }

            if (start.IsOver)
            {
                throw new CommandFailure($"{what}: it did not answer within {start.Span.TotalSeconds:0.###} s{log.ReadLastLine()}");
            }

            Thread.Sleep(pause);
        }
    }
}
