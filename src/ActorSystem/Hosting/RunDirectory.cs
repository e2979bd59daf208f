using System.Globalization;
using System.Text;
using KataActors.Linux;
using KataActors.Protocol.Control;

namespace KataActors.Runtime.Hosting;

/// <summary>The run directory, locked by one daemon as long as this object lives.</summary>
internal sealed class RunDirectory : IDisposable
{
    /// <summary>Mode of the daemon's directories.</summary>
    public const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const uint PidFileMode = 0b110_000_000;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(2);

    private readonly FileLock _lock;
    private readonly string _pidFile;

    private RunDirectory(FileLock held, string pidFile)
    {
        _lock = held;
        _pidFile = pidFile;
    }

    /// <summary>Creates and locks the directory, writes the pid, and removes the socket of a dead daemon.</summary>
    /// <param name="paths">The files of the daemon.</param>
    /// <param name="patience">How long to wait for a daemon that holds the lock without a socket, because it is about to exit.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="StartupException">Another daemon runs there, the directory is unsafe or unusable, or the socket's path is taken.</exception>
    public static async Task<RunDirectory> ClaimAsync(DaemonPaths paths, TimeSpan patience, CancellationToken cancellation)
    {
        try
        {
            OwnFolder.OpenOrCreate(paths.RunDirectory).Dispose();
            var claimed = new RunDirectory(await LockAsync(paths, patience, cancellation).ConfigureAwait(false), paths.PidFile);
            try
            {
                await RemoveStaleSocketAsync(paths.Socket, cancellation).ConfigureAwait(false);
                RegularFile.Write(paths.PidFile, Encoding.ASCII.GetBytes(FormattableString.Invariant($"{Environment.ProcessId}\n")), PidFileMode);
                return claimed;
            }
            catch
            {
                claimed.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            throw new StartupException($"run directory \"{paths.RunDirectory}\" cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Records the daemon's flags, for the command that starts its successor.</summary>
    /// <exception cref="StartupException">They cannot be written.</exception>
    public void Record(IEnumerable<string> flags)
    {
        try
        {
            DaemonFlags.Write(Path.GetDirectoryName(_pidFile)!, flags);
        }
        catch (LinuxException e)
        {
            throw new StartupException($"the flags cannot be recorded: {e.Message}", e);
        }
    }

    /// <summary>Removes the pid file, and unlocks the directory.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(_pidFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The pid file cannot be removed; the lock ends in any case.
        }

        _lock.Dispose();
    }

    private static async Task<FileLock> LockAsync(DaemonPaths paths, TimeSpan patience, CancellationToken cancellation)
    {
        var end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            if (FileLock.TryAcquire(paths.InstanceLock) is { } held)
            {
                return held;
            }

            if (File.Exists(paths.Socket) || Environment.TickCount64 >= end)
            {
                throw new StartupException($"a daemon runs in \"{paths.RunDirectory}\" already, as process {ReadPid(paths.PidFile)}");
            }

            await Task.Delay(s_pause, cancellation).ConfigureAwait(false);
        }
    }

    private static string ReadPid(string pidFile)
    {
        try
        {
            var text = Encoding.ASCII.GetString(RegularFile.ReadAll(pidFile, OpenFlags.NoFollow));
            return int.TryParse(text, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var pid)
                ? pid.ToString(CultureInfo.InvariantCulture)
                : "(unknown)";
        }
        catch (LinuxException)
        {
            // The daemon has just exited, or has not written its pid yet.
            return "(unknown)";
        }
    }

    private static async Task RemoveStaleSocketAsync(string path, CancellationToken cancellation)
    {
        try
        {
            var answering = await UnixSockets.ConnectAsync(path, s_connectTimeout, cancellation).ConfigureAwait(false);
            answering.Dispose();
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            return;
        }
        catch (LinuxException e) when (e.Errno is Errno.ECONNREFUSED)
        {
            // No listener, or not a socket: the kernel reports the same error for both.
            if (FileStatus.TryOf(path) is { Kind: FileKind.Socket })
            {
                File.Delete(path);
                return;
            }

            throw new StartupException($"address \"{path}\" is taken by something that is no socket", e);
        }
        catch (TimeoutException)
        {
            // A listener that is slow to accept the connection.
        }

        throw new StartupException($"address \"{path}\" is served by another program");
    }
}
