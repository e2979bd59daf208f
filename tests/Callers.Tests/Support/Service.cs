using System.Diagnostics;

namespace KataActors.Callers.Tests.Support;

/// <summary>A caller's daemon, with its output in a file. It is ended by SIGTERM, so that it takes back what it has made.</summary>
internal sealed class Service : IAsyncDisposable
{
    private static readonly TimeSpan s_longestEnd = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private Service(Process process) => _process = process;

    /// <summary>Starts a daemon, and returns when it listens.</summary>
    public static async Task<Service> StartAsync(string socket, string log, string program, params string[] arguments)
    {
        var service = new Service(Process.Start("/bin/sh", ["-c", "exec \"$@\" </dev/null >\"$0\" 2>&1", log, program, .. arguments]));
        await Eventually.TrueAsync(() => File.Exists(socket), () => $"{program} does not listen: {File.ReadAllText(log)}");
        return service;
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
