using System.Runtime.InteropServices;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>A mount namespace with a tmpfs that the host does not see, held by a process that waits for the end of its stdin.</summary>
internal sealed class CallerNamespace : IAsyncDisposable
{
    private readonly DaemonUnderTest _daemon;
    private readonly RunningCommand _holder;
    private readonly SafeHandle _stdin;
    private bool _ended;

    private CallerNamespace(DaemonUnderTest daemon, RunningCommand holder, SafeHandle stdin)
    {
        _daemon = daemon;
        _holder = holder;
        _stdin = stdin;
    }

    /// <param name="daemon">Whose commands run inside.</param>
    /// <param name="mountPoint">Where the tmpfs goes.</param>
    public static async Task<CallerNamespace> EnterAsync(DaemonUnderTest daemon, string mountPoint)
    {
        var (read, write) = Descriptors.Pipe();
        using (read)
        {
            string[] command =
                ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", "mount -t tmpfs tmpfs \"$0\" && echo ready && read line", mountPoint];
            var holder = daemon.StartProgram(read, null, command);
            await holder.OutputAsync("ready");
            return new CallerNamespace(daemon, holder, write);
        }
    }

    /// <summary>A path of the namespace, from outside.</summary>
    public string Path(string path) => $"/proc/{_holder.Pid}/root{path}";

    /// <summary>Starts a command of the product inside.</summary>
    public RunningCommand Start(SafeHandle? stdin, params string[] arguments) => _daemon.StartProgram(
        stdin, null, ["/usr/bin/nsenter", "--target", $"{_holder.Pid}", "--mount", Installation.CommandLine, "--address", _daemon.Address, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (!_ended)
        {
            _ended = true;
            _stdin.Dispose();
            await _holder.FinishAsync();
        }
    }
}
