using System.Globalization;
using System.Runtime.InteropServices;
using KataActors.Agent.Setup;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>A running <see cref="Zygote"/>, and the agent's end of its socket. Retired by its owner, and frees itself then.</summary>
internal sealed class LiveZygote
{
    private readonly ChildProcess _child;
    private readonly SafeFileHandle _socket;
    private readonly TimeSpan _patience;

    private LiveZygote(ChildProcess child, SafeFileHandle socket, TimeSpan patience)
    {
        _child = child;
        _socket = socket;
        _patience = patience;
    }

    internal bool HasEnded => _child.Exit.IsCompleted;

    /// <summary>Starts one.</summary>
    /// <param name="executable">The agent's program.</param>
    /// <param name="patience">How long it may take to end when it is retired.</param>
    internal static LiveZygote Start(string executable, TimeSpan patience)
    {
        var (here, there) = UnixSockets.Pair();
        try
        {
            using (there)
            {
                var request = new SpawnRequest { Path = executable, Arguments = ["kata-actors-agent", Zygote.Verb], Descriptors = [null, null, null, there], NewSession = true };
                return new LiveZygote(new ChildProcess(ProcessSpawner.Spawn(request)), here, patience);
            }
        }
        catch
        {
            here.Dispose();
            throw;
        }
    }

    /// <summary>Asks for a process; <see cref="TakeBornAsync"/> gets it.</summary>
    internal ValueTask OrderAsync(byte[] order, SafeHandle[] descriptors, CancellationToken cancellation) =>
        DescriptorPassing.SendAsync(_socket, order, descriptors, cancellation);

    /// <summary>The process that was asked for.</summary>
    /// <exception cref="EndOfStreamException">The zygote has ended.</exception>
    /// <exception cref="IOException">The process was not born.</exception>
    internal async Task<Pidfd> TakeBornAsync(CancellationToken cancellation)
    {
        var answer = new byte[SetupChannel.LongestReport];
        List<SafeFileHandle> handles = [];
        var length = await DescriptorPassing.ReceiveAsync(_socket, answer, handles, cancellation).ConfigureAwait(false);
        if (length == 0)
        {
            throw new EndOfStreamException("the process was not born: its parent has ended");
        }

        var message = SetupChannel.Message(answer.AsSpan(0, length));
        return handles is [var handle] && answer[0] == SetupChannel.Born
            ? Pidfd.Take(handle, int.Parse(message, CultureInfo.InvariantCulture))
            : throw new IOException($"the process was not born: {message}");
    }

    /// <summary>It ends by the end of its orders; if it hangs, it is killed. So is a process that it bears too late.</summary>
    internal void Retire()
    {
        UnixSockets.EndSending(_socket);
        _ = EndAsync();
    }

    private async Task EndAsync()
    {
        if (await Task.WhenAny(_child.Exit, Task.Delay(_patience)).ConfigureAwait(false) != _child.Exit)
        {
            _ = _child.Signal(Signals.SIGKILL);
            await Task.WhenAny(_child.Exit).ConfigureAwait(false);
        }

        await EndLateBirthAsync().ConfigureAwait(false);
        _child.Dispose();
        _socket.Dispose();
    }

    // It is a child of the agent, so it is reaped here.
    private async Task EndLateBirthAsync()
    {
        using var deadline = new CancellationTokenSource(_patience);
        try
        {
            var late = await TakeBornAsync(deadline.Token).ConfigureAwait(false);
            using var born = new ChildProcess(late);
            _ = born.Signal(Signals.SIGKILL);
            await Task.WhenAny(born.Exit).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or LinuxException or OperationCanceledException)
        {
            // There is none.
        }
    }
}
