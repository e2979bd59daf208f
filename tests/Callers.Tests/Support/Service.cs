using System.Diagnostics;

namespace KataActors.Callers.Tests.Support;

/// <summary>A caller's daemon, with its output in a file. It is ended by SIGTERM, so that it takes back what it has made.</summary>
internal sealed class Service : IAsyncDisposable
{
    private static readonly TimeSpan s_longestEnd = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _socket;
    private readonly string _log;
    private readonly string[] _command;

    private Service(string socket, string log, string[] command)
    {
        (_socket, _log, _command) = (socket, log, command);
        _process = Process.Start("/bin/sh", ["-c", "exec \"$@\" </dev/null >>\"$0\" 2>&1", log, .. command]);
    }

    /// <summary>Starts a daemon, and returns when it listens.</summary>
    public static async Task<Service> StartAsync(string socket, string log, params string[] command)
    {
        var service = new Service(socket, log, command);
        await Eventually.TrueAsync(() => File.Exists(socket), () => $"{command[0]} does not listen: {File.ReadAllText(log)}");
        return service;
    }

    /// <summary>Kills the daemon, as a crash would, and starts it again.</summary>
    public async Task<Service> KillAndStartAsync()
    {
        using (_process)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        // Its successor has to make the socket.
        File.Delete(_socket);
        return await StartAsync(_socket, _log, _command);
    }

    public async ValueTask DisposeAsync()
    {
        using (_process)
        {
            using var deadline = new CancellationTokenSource(s_longestEnd);
            Process.Start("/bin/sh", ["-c", $"kill -TERM {_process.Id}"]).Dispose();
            await _process.WaitForExitAsync(deadline.Token);
        }
    }
}
