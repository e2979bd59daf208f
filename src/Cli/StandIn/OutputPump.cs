using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.StandIn;

/// <summary>
/// Copies one output stream of the container to a descriptor, on a thread of its own because the descriptor's reader may stall. The offset of
/// the next request acknowledges what was written. When the reader is gone, the stream is read on and dropped.
/// </summary>
internal sealed class OutputPump(DaemonLink link, ContainerRef container, OutputStream stream, int descriptor)
{
    private const int ChunkBytes = 64 * 1024;
    private const int StackBytes = 256 * 1024;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SafeFileHandle _target = new(descriptor, ownsHandle: false);
    private long _lastAnswer = Environment.TickCount64;
    private volatile bool _writing;

    /// <summary>Completes when no byte follows, or the container is not known any more.</summary>
    public Task Ended => _ended.Task;

    public void Start() => new Thread(Run, StackBytes) { IsBackground = true, Name = $"{stream}" }.Start();

    /// <summary>True when it has ended, or has waited that long for the daemon to give it anything.</summary>
    public bool IsSilentFor(TimeSpan time) =>
        Ended.IsCompleted || (!_writing && Environment.TickCount64 - Volatile.Read(ref _lastAnswer) > time.TotalMilliseconds);

    private void Run()
    {
        try
        {
            Copy();
        }
        catch (Exception failure) when (failure is TtrpcException or CommandFailure)
        {
            // The waiting for the exit code meets the same and decides.
        }

        _ended.SetResult();
    }

    private void Copy()
    {
        var request = new ReadOutputRequest
        {
            Container = container,
            Stream = stream,
            MaxBytes = ChunkBytes,
            WaitMs = (uint)Deadlines.LongPoll.TotalMilliseconds,
        };
        var readerIsGone = false;
        while (true)
        {
            var response = link.Call(daemon => daemon.ReadOutputAsync(request, DaemonLink.LongPollTimeout, default));
            if (response.Data.Length > 0)
            {
                _writing = true;
                readerIsGone = readerIsGone || !TryWrite(response.Data.Span);
                Volatile.Write(ref _lastAnswer, Environment.TickCount64);
                _writing = false;
                request.Offset += (ulong)response.Data.Length;
            }

            if (response.EndOfStream)
            {
                return;
            }
        }
    }

    private bool TryWrite(ReadOnlySpan<byte> data)
    {
        try
        {
            BlockingStreams.Write(_target, data);
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}
